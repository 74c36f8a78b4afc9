/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * tls - an SSL_CTX, and bufferevents over it.
 */
#include "http/tls.h"

#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls {
    SSL_CTX *context;
};

/* What browsers of the last ten years speak: forward secrecy, authenticated ciphers. */
static const char ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20:!aNULL";
static const unsigned char session_context[] = "consoled";

static void say(char why[TLS_WHY_SIZE], const char *what, const char *file, const char *remedy)
{
    unsigned long error = ERR_peek_error();
    const char *reason = error == 0 ? NULL : ERR_reason_error_string(error);
    snprintf(why, TLS_WHY_SIZE, "%s %.256s: %s; %s", what, file,
             reason == NULL ? "it is not as it should be" : reason, remedy);
    ERR_clear_error();
}

static bool take_client_ca(struct tls *tls, const char *file, char why[TLS_WHY_SIZE])
{
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(file);

    if (names == NULL || SSL_CTX_load_verify_file(tls->context, file) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        say(why, "cannot use the client authority", file,
            "`client_ca` wants a file of PEM certificates");
        return false;
    }
    SSL_CTX_set_client_CA_list(tls->context, names);
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_purpose(tls->context, X509_PURPOSE_SSL_CLIENT);
    return true;
}

static bool take_files(struct tls *tls, const char *certificate, const char *key,
                       const char *client_ca, char why[TLS_WHY_SIZE])
{
    if (SSL_CTX_use_certificate_chain_file(tls->context, certificate) != 1) {
        say(why, "cannot use the certificate", certificate,
            "`certificate` wants a PEM file: the server's certificate first, then its issuers");
        return false;
    }
    if (SSL_CTX_use_PrivateKey_file(tls->context, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls->context) != 1) {
        say(why, "cannot use the key", key,
            "`key` wants the private key of the certificate as PEM, without a passphrase");
        return false;
    }
    return client_ca[0] == 0 || take_client_ca(tls, client_ca, why);
}

enum status tls_open(const char *certificate, const char *key, const char *client_ca,
                     char why[TLS_WHY_SIZE], struct tls **out)
{
    struct tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL)
        return STATUS_NO_MEMORY;
    ERR_clear_error();
    tls->context = SSL_CTX_new(TLS_server_method());
    if (tls->context == NULL || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(tls->context, ciphers) != 1) {
        snprintf(why, TLS_WHY_SIZE,
                 "TLS cannot be set up: out of memory, or OpenSSL's own "
                 "configuration forbids it");
        tls_close(tls);
        return STATUS_NO_MEMORY;
    }
    SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                          SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_id_context(tls->context, session_context, sizeof session_context - 1);
    if (!take_files(tls, certificate, key, client_ca, why)) {
        tls_close(tls);
        return STATUS_INVALID;
    }
    *out = tls;
    return STATUS_OK;
}

void tls_close(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

struct bufferevent *tls_accept(struct tls *tls, struct event_base *base, int fd)
{
    SSL *ssl = SSL_new(tls->context);
    if (ssl == NULL)
        return NULL;
    struct bufferevent *bev = bufferevent_openssl_socket_new(
        base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (bev == NULL) {
        SSL_free(ssl);
        return NULL;
    }
    /* Many close without a word; our lengths and chunks say where an answer ends. */
    bufferevent_openssl_set_allow_dirty_shutdown(bev, 1);
    return bev;
}

bool tls_client(struct bufferevent *bev, char out[TLS_NAME_SIZE])
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    X509 *peer = ssl == NULL ? NULL : SSL_get1_peer_certificate(ssl);
    bool is_good = false;

    if (peer == NULL)
        return false;
    if (SSL_get_verify_result(ssl) == X509_V_OK) {
        int length = X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, out,
                                               TLS_NAME_SIZE);
        is_good = length > 0 && (size_t)length == strlen(out) && length < TLS_NAME_SIZE - 1;
    }
    X509_free(peer);
    return is_good;
}

void tls_goodbye(struct bufferevent *bev)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bev);
    if (ssl == NULL || !SSL_is_init_finished(ssl))
        return;
    SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
    SSL_shutdown(ssl);
    ERR_clear_error();
}
