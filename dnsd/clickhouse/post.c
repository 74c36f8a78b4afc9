/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * post - all that knows libcurl.
 */
#include "clickhouse/post.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_ROOM = 65536, WAIT_MOST_MS = 1000, URL_SIZE = 8192 };

struct poster {
    CURLM *multi;
    CURL *easy;
    bool is_under_way;
    struct curl_slist *headers;
    char why[CURL_ERROR_SIZE];
    uint8_t *answer;
    size_t length, room, most;
};

struct poster *poster_new(void)
{
    /* Nothing: no TLS, so nothing of OpenSSL's is set up. */
    if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
        return NULL;
    struct poster *poster = calloc(1, sizeof *poster);
    if (poster == NULL)
        return NULL;
    poster->multi = curl_multi_init();
    poster->easy = curl_easy_init();
    if (poster->multi == NULL || poster->easy == NULL) {
        poster_free(poster);
        return NULL;
    }
    return poster;
}

static void drop(struct poster *poster)
{
    if (poster->is_under_way)
        curl_multi_remove_handle(poster->multi, poster->easy);
    poster->is_under_way = false;
}

void poster_free(struct poster *poster)
{
    if (poster == NULL)
        return;
    drop(poster);
    curl_easy_cleanup(poster->easy);
    curl_multi_cleanup(poster->multi);
    curl_slist_free_all(poster->headers);
    free(poster->answer);
    free(poster);
    curl_global_cleanup();
}

static size_t on_bytes(char *bytes, size_t one, size_t length, void *owner)
{
    struct poster *poster = owner;

    if (length > poster->most - poster->length)
        return 0; /* libcurl ends with CURLE_WRITE_ERROR */
    if (poster->length + length + 1 > poster->room) {
        size_t room = (poster->length + length) * 2 + FIRST_ROOM;
        uint8_t *answer = realloc(poster->answer, room);
        if (answer == NULL)
            return 0;
        poster->answer = answer;
        poster->room = room;
    }
    memcpy(poster->answer + poster->length, bytes, length);
    poster->length += length;
    return length;
}

static bool set_headers(struct poster *poster, const struct post *post)
{
    curl_slist_free_all(poster->headers);
    /* Without `Expect: 100-continue`, which costs a round. */
    poster->headers = curl_slist_append(NULL, "Expect:");
    bool fine = poster->headers != NULL;
    for (size_t i = 0; fine && i < POST_HEADERS_MOST && post->headers[i] != NULL; i++)
        fine = curl_slist_append(poster->headers, post->headers[i]) != NULL;
    return fine;
}

enum status poster_begin(struct poster *poster, const struct post *post)
{
    char url[URL_SIZE], address[ADDRESS_TEXT_SIZE];
    bool is_ipv4 = address_is_ipv4(&post->to->address);
    CURL *easy = poster->easy;

    drop(poster);
    address_text(&post->to->address, address);
    int length = snprintf(url, sizeof url, is_ipv4 ? "http://%s:%u%s" : "http://[%s]:%u%s", address,
                          post->to->port, post->target);
    if (length >= (int)sizeof url)
        return STATUS_TOO_LONG;
    curl_easy_reset(easy);
    if (!set_headers(poster, post))
        return STATUS_NO_MEMORY;
    poster->why[0] = 0;
    poster->length = 0;
    poster->most = post->most;
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* On a connection that was used before, libcurl would send a request again by itself. */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.length);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                     post->body.length == 0 ? "" : (const char *)post->body.at);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, poster->headers);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)post->connect_ms);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)post->patience_ms);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, poster);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, poster->why);
    if (curl_multi_add_handle(poster->multi, easy) != CURLM_OK)
        return STATUS_NO_MEMORY;
    poster->is_under_way = true;
    return STATUS_OK;
}

static enum status finished(struct poster *poster, CURLcode code, struct posted *out)
{
    long response = 0, sent = 0;

    curl_easy_getinfo(poster->easy, CURLINFO_RESPONSE_CODE, &response);
    curl_easy_getinfo(poster->easy, CURLINFO_REQUEST_SIZE, &sent);
    curl_multi_remove_handle(poster->multi, poster->easy);
    poster->is_under_way = false;
    out->code = (unsigned)response;
    out->body = span_of("", 0);
    out->why[0] = 0;
    if (code == CURLE_OK) {
        if (poster->length > 0) {
            poster->answer[poster->length] = 0;
            out->body = span_of(poster->answer, poster->length);
        }
        return STATUS_OK;
    }
    snprintf(out->why, sizeof out->why, "%s",
             poster->why[0] != 0 ? poster->why : curl_easy_strerror(code));
    if (code == CURLE_COULDNT_CONNECT || sent == 0)
        return STATUS_REFUSED;
    return code == CURLE_WRITE_ERROR || code == CURLE_OPERATION_TIMEDOUT ? STATUS_TOO_LONG
                                                                         : STATUS_CLOSED;
}

enum status poster_wait(struct poster *poster, clock_ms until, struct posted *out)
{
    if (!poster->is_under_way)
        return STATUS_INVALID;
    for (;;) {
        int running = 0, left = 0;
        if (curl_multi_perform(poster->multi, &running) != CURLM_OK)
            return STATUS_SYSTEM;
        const CURLMsg *message = curl_multi_info_read(poster->multi, &left);
        if (message != NULL && message->msg == CURLMSG_DONE)
            return finished(poster, message->data.result, out);
        clock_ms now = clock_now();
        if (now >= until)
            return STATUS_AGAIN;
        clock_ms wait = until - now < WAIT_MOST_MS ? until - now : WAIT_MOST_MS;
        (void)curl_multi_poll(poster->multi, NULL, 0, (int)wait, NULL);
    }
}

bool post_escape(struct span value, char *out, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t length = 0;

    for (size_t i = 0; i < value.length; i++) {
        uint8_t byte = value.at[i];
        bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                     (byte >= 'a' && byte <= 'z') || byte == '-' || byte == '_' || byte == '.';
        if (length + 4 > size)
            return false;
        if (!plain) {
            out[length++] = '%';
            out[length++] = digits[byte >> 4];
            byte = (uint8_t)digits[byte & 15];
        }
        out[length++] = (char)byte;
    }
    out[length] = 0;
    return true;
}
