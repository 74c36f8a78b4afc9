/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words_terms - months, ways and reasons in both languages.
 */
#include "report/words.h"

#include <inttypes.h>

/* clang-format off */
static const char *const months[12][REPORT_LANGUAGES] = {
    {"January", "janvier"},
    {"February", "février"},
    {"March", "mars"},
    {"April", "avril"},
    {"May", "mai"},
    {"June", "juin"},
    {"July", "juillet"},
    {"August", "août"},
    {"September", "septembre"},
    {"October", "octobre"},
    {"November", "novembre"},
    {"December", "décembre"},
};

static const char *const ways[WAY_COUNT][REPORT_LANGUAGES] = {
    [WAY_UNKNOWN] = {"not told",
        "non précisée"},
    [WAY_DNS] = {"look-up at our resolver",
        "requête à notre résolveur"},
    [WAY_ANSWER] = {"answer that leads there",
        "réponse qui y mène"},
    [WAY_TLS] = {"TLS server name",
        "nom de serveur TLS"},
    [WAY_QUIC] = {"QUIC server name",
        "nom de serveur QUIC"},
    [WAY_HTTP] = {"HTTP host",
        "hôte HTTP"},
    [WAY_ADDRESS] = {"address without a name",
        "adresse sans nom"},
    [WAY_MMTLS] = {"mmtls, WeChat’s own protocol",
        "mmtls, protocole propre à WeChat"},
    [WAY_OICQ] = {"OICQ, QQ’s own protocol",
        "OICQ, protocole propre à QQ"},
    [WAY_OTHER_DNS] = {"DNS to another resolver",
        "DNS vers un autre résolveur"},
    [WAY_DOT] = {"DNS over TLS",
        "DNS sur TLS"},
    [WAY_DOH] = {"DNS over HTTPS",
        "DNS sur HTTPS"},
    [WAY_DOQ] = {"DNS over QUIC",
        "DNS sur QUIC"},
    [WAY_DNSCRYPT] = {"DNSCrypt",
        "DNSCrypt"},
    [WAY_HTTPDNS] = {"name service inside HTTP",
        "service de noms dans HTTP"},
    [WAY_PROXY] = {"proxy",
        "mandataire"},
    [WAY_CERTIFICATE] = {"name in a certificate",
        "nom dans un certificat"},
    [WAY_ECH] = {"encrypted server name",
        "nom de serveur chiffré"},
    [WAY_UNRESOLVED] = {"unknown protocol to an address never resolved",
        "protocole inconnu vers une adresse jamais résolue"},
    [WAY_INTEGRITY] = {"chain of events",
        "chaîne d’événements"},
};

/* By the words of incident/score.c; # is the place of the count. */
static const struct {
    const char *word, *one, *many;
} french_reasons[] = {
    {"chain-broken",
        "la chaîne d’événements d’une passerelle a été rompue\u00a0: des lignes ont été "
        "modifiées ou manquent",
        "la chaîne d’événements d’une passerelle a été rompue # fois\u00a0: des lignes ont été "
        "modifiées ou manquent"},
    {"mmtls",
        "1 poignée de main mmtls, que seule l’application parle",
        "# poignées de main mmtls, que seule l’application parle"},
    {"oicq",
        "1 paquet OICQ, que seule l’application parle",
        "# paquets OICQ, que seule l’application parle"},
    {"installed-names",
        "1 tentative vers un nom ou une adresse que seule l’application demande",
        "# tentatives vers des noms ou adresses que seule l’application demande"},
    {"update",
        "1 recherche de mise à jour, ou téléchargement d’un programme d’installation",
        "# recherches de mises à jour, ou téléchargements d’un programme d’installation"},
    {"httpdns",
        "1 question à un service de noms que les applications portent dans HTTP",
        "# questions à un service de noms que les applications portent dans HTTP"},
    {"bypass",
        "1 tentative de contourner le résolveur",
        "# tentatives de contourner le résolveur"},
    {"unresolved",
        "1 connexion à une adresse jamais résolue pour l’appareil",
        "# connexions à des adresses jamais résolues pour l’appareil"},
    {"addresses",
        "1 connexion à une adresse de la liste, sans nom",
        "# connexions à des adresses de la liste, sans nom"},
    {"visited",
        "1 tentative vers ce qu’un navigateur atteint sans l’application",
        "# tentatives vers ce qu’un navigateur atteint sans l’application"},
    {"ways-around",
        "1 voie de contournement de la passerelle a été tentée",
        "# voies de contournement de la passerelle ont été tentées"},
    {"many-hours",
        "",
        "des tentatives pendant # heures différentes"},
    {"many-days",
        "",
        "des tentatives pendant # jours différents"},
    {"many-names",
        "",
        "au moins # noms différents"},
    {"context",
        "1 tentative vers un serveur que d’autres utilisent aussi\u00a0: elle ne prouve rien à "
        "elle seule",
        "# tentatives vers des serveurs que d’autres utilisent aussi\u00a0: elles ne prouvent "
        "rien à elles seules"},
    {"unrated",
        "1 tentative que la liste n’appelle pas un indice",
        "# tentatives que la liste n’appelle pas des indices"},
};
/* clang-format on */

const char *report_month_name(enum report_language language, unsigned month)
{
    return months[(month - 1) % 12][language];
}

const char *report_way_said(enum report_language language, enum way way)
{
    return ways[way][language];
}

const char *report_reason_said(enum report_language language, const struct reason *reason,
                               char out[REPORT_REASON_SIZE])
{
    snprintf(out, REPORT_REASON_SIZE, "%s", reason->text);
    for (size_t i = 0; language == REPORT_FRENCH && i < COUNT_OF(french_reasons); i++) {
        const char *one = french_reasons[i].one, *many = french_reasons[i].many;
        int before = (int)strcspn(many, "#");
        if (strcmp(french_reasons[i].word, reason->word) != 0)
            continue;
        if (reason->count == 1)
            snprintf(out, REPORT_REASON_SIZE, "%s", one);
        else
            snprintf(out, REPORT_REASON_SIZE, "%.*s%" PRIu64 "%s", before, many, reason->count,
                     many + before + 1);
    }
    return out;
}
