/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * fuzz_image - any bytes as a policy image, with the header's fixed words and the checksum made
 * right, so that only the checks of offsets stand between the bytes and decide().
 */
#include "compiled.h"

#include "policy/explain.h"
#include "policy/layout.h"

#include <openssl/evp.h>
#include <stdlib.h>

static void correct(uint8_t *bytes, size_t size)
{
    struct image_header *header = (struct image_header *)(void *)bytes;
    size_t from = offsetof(struct image_header, checksum) + sizeof header->checksum;
    memcpy(header->magic, image_magic, sizeof header->magic);
    header->version = IMAGE_VERSION;
    header->byte_order = IMAGE_ORDER;
    header->bytes = size;
    assert(EVP_Digest(bytes + from, size - from, header->checksum, NULL, EVP_sha256(), NULL) == 1);
}

static void ask_all(const struct policy *policy)
{
    char text[16384];
    struct name name;
    struct address address;
    assert(name_parse("www.chat.example", &name) == STATUS_OK);
    assert(address_parse("192.0.2.7", &address) == STATUS_OK);
    (void)policy_group_of(policy, &address);
    for (uint32_t group = 0; group < policy_facts(policy).groups; group++) {
        const struct subject subject = {(uint16_t)group, &name, &address, PROTOCOL_MMTLS};
        struct writer w = writer_over(text, sizeof text);
        decide_prefetch(policy, &name);
        struct verdict v = decide(policy, &subject);
        explain_briefly(policy, &v, &w);
        explain_fully(policy, &subject, &w);
    }
    ask_name(policy, "one.example");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct policy *policy;
    if (size < sizeof(struct image_header))
        return 0;
    uint8_t *bytes = malloc(size);
    int image = memfd_create("image", MFD_CLOEXEC);
    assert(bytes != NULL && image >= 0);
    memcpy(bytes, data, size);
    correct(bytes, size);
    assert(write(image, bytes, size) == (ssize_t)size);
    enum status status = policy_open(image, &policy);
    assert(status == STATUS_OK || status == STATUS_CORRUPT);
    if (status == STATUS_OK) {
        ask_all(policy);
        policy_close(policy);
    }
    close(image);
    free(bytes);
    return 0;
}
