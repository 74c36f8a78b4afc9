/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * digest - libcrypto's, with the context kept: half of the cost of a short digest is finding it.
 */
#include "events/digest.h"

#include "base/log.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct hasher {
    const char *name;
    EVP_MD_CTX *context;
};

static void hash(struct hasher *hasher, struct span bytes, uint8_t *out)
{
    bool fine = true;
    if (hasher->context == NULL) {
        EVP_MD *algorithm = EVP_MD_fetch(NULL, hasher->name, NULL);
        hasher->context = EVP_MD_CTX_new();
        fine = algorithm != NULL && hasher->context != NULL &&
               EVP_DigestInit_ex2(hasher->context, algorithm, NULL) == 1;
    } else {
        fine = EVP_DigestInit_ex2(hasher->context, NULL, NULL) == 1;
    }
    fine = fine && EVP_DigestUpdate(hasher->context, bytes.at, bytes.length) == 1 &&
           EVP_DigestFinal_ex(hasher->context, out, NULL) == 1;
    if (!fine) {
        log_error("libcrypto has no %s: no events can be written", hasher->name);
        abort();
    }
}

void digest_sha256(struct span bytes, uint8_t out[SHA256_SIZE])
{
    static struct hasher sha256 = {"SHA256", NULL};
    hash(&sha256, bytes, out);
}

void digest_sha1(struct span bytes, uint8_t out[SHA1_SIZE])
{
    static struct hasher sha1 = {"SHA1", NULL};
    hash(&sha1, bytes, out);
}
