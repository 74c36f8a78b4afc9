/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * signed_zone - a small zone of ours, signed until 2050, its trust anchor, and one address that was
 * changed after signing.
 *
 * Used by test_recurse. Made once with ldns-keygen and ldns-signzone; the key was thrown away.
 */
#ifndef TESTS_SIGNED_ZONE_H
#define TESTS_SIGNED_ZONE_H

/* clang-format off */
static const char signed_anchor[] =
    "signed.test. IN DS 46003 13 2 "
    "57d2a61c43d1f8f15db721413e7aa30790094afeaadbcf33cb91022b8a452fcd\n";

static const char signed_zone[] =
    "signed.test. 60 IN SOA a. b. 1 60 60 60 60\n"
    "signed.test. 60 IN RRSIG SOA 13 2 60 20500101000000 20200101000000 46003 signed.test. nN"
    "Yoz5gNfU3mv66QeY3q4j+XMhAtem5XFPeAS9fTpQFsjtOlekBg5k2epEXh9P8h5M2ayqLQ5zawMUy6H5DSbg==\n"
    "signed.test. 60 IN NS ns.signed.test.\n"
    "signed.test. 60 IN RRSIG NS 13 2 60 20500101000000 20200101000000 46003 signed.test. G5T"
    "mG3vXhBv09CS+LH2NUU9n+C513unX7nLiilK96Xt/pb/n+Z/XI5HcLjvjjxkSxGHmqMx1+2KIfDdfyIXK8w==\n"
    "signed.test. 60 IN DNSKEY 257 3 13 CB4g6v3AEy3P6ha5IrkKctR5+xEi2o3SuGXe9F/6/8rqmdB+CN73k"
    "jYbfYBSHqIuyg9kcbEpCnsO10GVeB7UZA==\n"
    "signed.test. 60 IN RRSIG DNSKEY 13 2 60 20500101000000 20200101000000 46003 signed.test."
    " ksla191p1LSEykyohQTjoNw+3BdgsBYa9Q2wmVvmuDphHOWrQ99MBvbftuHLOQ30r/JFs9kwxtszIyk7nMg1mQ="
    "=\n"
    "signed.test. 60 IN NSEC bad.signed.test. NS SOA RRSIG NSEC DNSKEY\n"
    "signed.test. 60 IN RRSIG NSEC 13 2 60 20500101000000 20200101000000 46003 signed.test. Y"
    "Vqevzm/fSka6oOrzzwBH3G9Tm74J8xBd6lytgsAmgwhyNVgV1w7JuTfDpQqeg112jLHK44h1UBplopXjEWI5A==\n"
    "bad.signed.test. 60 IN A 10.0.0.66\n"
    "bad.signed.test. 60 IN RRSIG A 13 3 60 20500101000000 20200101000000 46003 signed.test. "
    "oGJrr0O1LmZVFn9IhZZiL35ifejIW9zICAFB0x28BZnqQ8Pn5P+TyqZHEKARmliSn/qgC3z6mo090gr4LyWd7A==\n"
    "bad.signed.test. 60 IN NSEC ns.signed.test. A RRSIG NSEC\n"
    "bad.signed.test. 60 IN RRSIG NSEC 13 3 60 20500101000000 20200101000000 46003 signed.tes"
    "t. 42N5QGBOuN24Fx4o7a93qOEDq2xC31ou831HjN63dMQcBpffRi+XJ8NqcWWMmH+3psj1f27siLnfA4U5G+Nph"
    "g==\n"
    "ns.signed.test. 60 IN A 10.0.0.2\n"
    "ns.signed.test. 60 IN RRSIG A 13 3 60 20500101000000 20200101000000 46003 signed.test. 7"
    "+yhtr0oK35znnWiDwrLIC2URmkJHFUKcXfZJRP8eSFAxeErr4U2AslxWjtT+iK/w3Hr24qrkhMv0j6Hx1ByLA==\n"
    "ns.signed.test. 60 IN NSEC www.signed.test. A RRSIG NSEC\n"
    "ns.signed.test. 60 IN RRSIG NSEC 13 3 60 20500101000000 20200101000000 46003 signed.test"
    ". SoRzClt+PxruAXDuGXEiP7+wSUdTjL1A9k96jZ4Nvq4HV50l+5xA4yOFXZdTOFyzrgs++14hoK+xwaAfC0D3xQ"
    "==\n"
    "www.signed.test. 60 IN A 10.0.0.1\n"
    "www.signed.test. 60 IN RRSIG A 13 3 60 20500101000000 20200101000000 46003 signed.test. "
    "siCVHWDUkpasNFzEt9xEDu5wlX5ojoULDWkcLGl2Qn+gSnhS4kKoDfQORWifPw4vtm8JOuKXEXOagh4NvQFz5g==\n"
    "www.signed.test. 60 IN NSEC signed.test. A RRSIG NSEC\n"
    "www.signed.test. 60 IN RRSIG NSEC 13 3 60 20500101000000 20200101000000 46003 signed.tes"
    "t. oO2bVgy5gk8f/Ofy2p+uibAY+qOsE8JePo2MgCCa3/XhgfFD4SzrOJAzJFTROpsnGV+hidYuksBEEktpqGAjj"
    "Q==\n";
/* clang-format on */

#endif
