/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * words - the two catalogues. UTF-8; \u00a0 is a space that does not break.
 */
#include "report/words.h"

/* clang-format off */
static const char *const said[SAID_COUNT][REPORT_LANGUAGES] = {
    [SAID_TITLE] = {
        "Banned apps: #1",
        "Applications interdites\u00a0: #1"},
    [SAID_SUBTITLE] = {
        "Management summary of what gateways saw and stopped",
        "Sommaire de ce que les passerelles ont vu et bloqué"},
    [SAID_PERIOD] = {
        "#1 to #2, UTC. Gateways: #3.",
        "Du #1 au #2, UTC. Passerelles\u00a0: #3."},
    [SAID_IN_SHORT] = {
        "In short",
        "En bref"},
    [SAID_ATTEMPTS] = {
        "Attempts",
        "Tentatives"},
    [SAID_ATTEMPTS_EVER] = {
        "Attempts in all",
        "Tentatives en tout"},
    [SAID_STOPPED] = {
        "Stopped",
        "Bloquées"},
    [SAID_DEVICES_CONCERNED] = {
        "Devices concerned",
        "Appareils concernés"},
    [SAID_SURELY_INSTALLED] = {
        "Devices with an app, for certain",
        "Appareils avec une application, avec certitude"},
    [SAID_INCIDENTS_OPEN] = {
        "Open incidents",
        "Incidents ouverts"},
    [SAID_OF_ATTEMPTS] = {
        "#1 of attempts",
        "#1 des tentatives"},
    [SAID_OF_DEVICES] = {
        "#1 of them",
        "#1 d’entre eux"},
    [SAID_ON_BEFORE] = {
        "#1 on the month before",
        "#1 par rapport au mois précédent"},
    [SAID_SAY_NONE] = {
        "No attempt at a banned app was seen in this month.",
        "Aucune tentative vers une application interdite n’a été vue ce mois-ci."},
    [SAID_SAY_ATTEMPTS] = {
        "Attempts at banned apps: #1. Stopped: #2 (#3).",
        "Tentatives vers des applications interdites\u00a0: #1. Bloquées\u00a0: #2 (#3)."},
    [SAID_SAY_TREND] = {
        "In the month before: #1 (#2).",
        "Le mois précédent\u00a0: #1 (#2)."},
    [SAID_SAY_BEFORE] = {
        "In the month before: #1. One of the two months is not whole: no trend follows from "
        "it.",
        "Le mois précédent\u00a0: #1. L’un des deux mois n’est pas complet\u00a0: aucune "
        "tendance n’en découle."},
    [SAID_SAY_DEVICES] = {
        "Devices concerned: #1. A banned app is certainly installed on #2 of them, probably on "
        "#3 more.",
        "Appareils concernés\u00a0: #1. Application interdite installée avec certitude\u00a0: "
        "#2; probablement\u00a0: #3."},
    [SAID_SAY_INCIDENTS] = {
        "Incidents with attempts in this month: #1, of which new: #2.",
        "Incidents avec des tentatives ce mois-ci\u00a0: #1, dont nouveaux\u00a0: #2."},
    [SAID_SAY_STATES] = {
        "Open now, of these: #1; of them reopened by new attempts: #2. Closed in this month, "
        "whenever their attempts were: #3.",
        "Parmi eux, ouverts maintenant\u00a0: #1, dont rouverts par de nouvelles "
        "tentatives\u00a0: #2. Fermés ce mois-ci, quelle que soit la date des "
        "tentatives\u00a0: #3."},
    [SAID_SAY_LIMITS] = {
        "What this report cannot know stands at its end.",
        "Ce que ce rapport ne peut pas savoir figure à la fin."},
    [SAID_BY_APP] = {
        "What was tried, by app",
        "Ce qui a été tenté, par application"},
    [SAID_BY_DAY] = {
        "Attempts a day (UTC)",
        "Tentatives par jour (UTC)"},
    [SAID_TREND] = {
        "This month and the one before",
        "Ce mois-ci et le mois précédent"},
    [SAID_BY_CONFIDENCE] = {
        "Devices, by how sure it is",
        "Appareils, selon le degré de certitude"},
    [SAID_FINDINGS] = {
        "The surest findings",
        "Les constats les plus sûrs"},
    [SAID_WAYS] = {
        "Ways that were tried",
        "Voies tentées"},
    [SAID_AUTHORITIES] = {
        "Authorities and tickets",
        "Autorités et billets"},
    [SAID_INCIDENTS] = {
        "Incidents",
        "Incidents"},
    [SAID_GATEWAYS] = {
        "Gateways",
        "Passerelles"},
    [SAID_NOT_KNOWN] = {
        "What is not known",
        "Ce qui n’est pas connu"},
    [SAID_HOW] = {
        "How to read this",
        "Comment lire ce rapport"},
    [SAID_APP] = {
        "App",
        "Application"},
    [SAID_BEFORE] = {
        "Month before",
        "Mois précédent"},
    [SAID_CHANGE] = {
        "Change",
        "Variation"},
    [SAID_DEVICE] = {
        "Device",
        "Appareil"},
    [SAID_OWNER] = {
        "Owner",
        "Responsable"},
    [SAID_CONFIDENCE] = {
        "How sure",
        "Certitude"},
    [SAID_WHY] = {
        "Why",
        "Pourquoi"},
    [SAID_STATE] = {
        "State",
        "État"},
    [SAID_LAST] = {
        "Last seen",
        "Dernière trace"},
    [SAID_WAY] = {
        "Way",
        "Voie"},
    [SAID_LIST] = {
        "List",
        "Liste"},
    [SAID_AUTHORITY] = {
        "Authority",
        "Autorité"},
    [SAID_TICKET] = {
        "Ticket",
        "Billet"},
    [SAID_NUMBER] = {
        "Number",
        "Nombre"},
    [SAID_ADDRESS] = {
        "Address",
        "Adresse"},
    [SAID_GATEWAY] = {
        "Gateway",
        "Passerelle"},
    [SAID_PROGRAM] = {
        "Program",
        "Programme"},
    [SAID_LINES] = {
        "Lines in all",
        "Lignes en tout"},
    [SAID_LOST] = {
        "Lost in all",
        "Perdues en tout"},
    [SAID_BREAKS] = {
        "Chain",
        "Chaîne"},
    [SAID_WHOLE] = {
        "whole",
        "intacte"},
    [SAID_BROKEN] = {
        "broken: #1",
        "rompue\u00a0: #1"},
    [SAID_BLIND] = {
        "Blind",
        "Aveugle"},
    [SAID_DROPPED] = {
        "Packets dropped",
        "Paquets perdus"},
    [SAID_RESTARTS] = {
        "Starts",
        "Démarrages"},
    [SAID_OTHERS] = {
        "other apps",
        "autres applications"},
    [SAID_NEW] = {
        "new",
        "nouveau"},
    [SAID_NOT_STATED] = {
        "not stated",
        "non précisé"},
    [SAID_THIS_MONTH] = {
        "this month",
        "ce mois-ci"},
    [SAID_MONTH_BEFORE] = {
        "month before",
        "mois précédent"},
    [SAID_FIRST_IN_MONTH] = {
        "First seen in this month",
        "Vus pour la première fois ce mois-ci"},
    [SAID_CLOSED_IN_MONTH] = {
        "Closed in this month",
        "Fermés ce mois-ci"},
    [SAID_REOPENED] = {
        "Reopened by new attempts",
        "Rouverts par de nouvelles tentatives"},
    [SAID_CHAIN_BREAKS] = {
        "Broken chains of events",
        "Chaînes d’événements rompues"},
    [SAID_LIMIT_RUNNING] = {
        "The month is not over: the numbers go up to #1.",
        "Le mois n’est pas terminé\u00a0: les chiffres vont jusqu’au #1."},
    [SAID_LIMIT_HISTORY] = {
        "The history begins on #1; what was before is not counted.",
        "L’historique commence le #1; ce qui précède n’est pas compté."},
    [SAID_LIMIT_BEFORE] = {
        "The history begins on #1: of the month before, only what followed is known.",
        "L’historique commence le #1\u00a0: du mois précédent, seule la suite est connue."},
    [SAID_LIMIT_TEMPORARY] = {
        "consoled has no history here: the numbers come from the event files that are still "
        "there.",
        "consoled n’a pas d’historique ici\u00a0: les chiffres viennent des fichiers "
        "d’événements encore présents."},
    [SAID_LIMIT_READ] = {
        "consoled had read events up to #1; later ones are missing.",
        "consoled avait lu les événements jusqu’au #1; les suivants manquent."},
    [SAID_LIMIT_NO_GATEWAYS] = {
        "No event line of any gateway was there.",
        "Aucune ligne d’événement d’aucune passerelle n’était présente."},
    [SAID_LIMIT_LOST] = {
        "#1: events lost before they could be written: #2.",
        "#1\u00a0: événements perdus avant d’être écrits\u00a0: #2."},
    [SAID_LIMIT_SAMPLED] = {
        "#1: events left out by sampling: #2.",
        "#1\u00a0: événements omis par échantillonnage\u00a0: #2."},
    [SAID_LIMIT_BREAKS] = {
        "#1: breaks in the chain of events: #2; missing lines: #3. What stood there is not "
        "known.",
        "#1\u00a0: ruptures de la chaîne d’événements\u00a0: #2; lignes manquantes\u00a0: #3. "
        "Leur contenu n’est pas connu."},
    [SAID_LIMIT_BLIND] = {
        "#1: nothing was seen for #2 in this month.",
        "#1\u00a0: rien n’a été vu pendant #2 ce mois-ci."},
    [SAID_LIMIT_DROPPED] = {
        "#1: packets dropped unread in this month: #2.",
        "#1\u00a0: paquets perdus sans être lus ce mois-ci\u00a0: #2."},
    [SAID_LIMIT_FULL] = {
        "#1: flows forgotten, or not gathered, for want of memory: #2.",
        "#1\u00a0: flux oubliés, ou non assemblés, faute de mémoire\u00a0: #2."},
    [SAID_LIMIT_HEALTH] = {
        "What gateways said of themselves could not all be read in time: losses and blind times "
        "may be more.",
        "Ce que les passerelles ont dit d’elles-mêmes n’a pas pu être lu en entier à "
        "temps\u00a0: pertes et temps aveugles peuvent être plus grands."},
    [SAID_LIMIT_SILENT] = {
        "#1: no line since #2. Nothing happened, or nothing was written.",
        "#1\u00a0: aucune ligne depuis le #2. Rien ne s’est produit, ou rien n’a été écrit."},
    [SAID_LIMIT_DEVICES] = {
        "Devices known by their address alone: #2 of #1. One of them may be several, or several "
        "one.",
        "Appareils connus par leur seule adresse\u00a0: #2 sur #1. L’un peut en être plusieurs, "
        "ou plusieurs un seul."},
    [SAID_LIMIT_STATES] = {
        "What people decided about incidents could not be read: their states are not known.",
        "Les décisions prises au sujet des incidents n’ont pas pu être lues\u00a0: leur état "
        "n’est pas connu."},
    [SAID_LIMIT_NOTED] = {
        "Noted, and not stopped: #1. Their rule or group only observes, or they were excepted.",
        "Notées sans être bloquées\u00a0: #1. Leur règle ou leur groupe ne fait qu’observer, ou "
        "elles étaient exemptées."},
    [SAID_LIMIT_EXCEPTED] = {
        "Allowed by exceptions: #1. They count as attempts, and make no incident.",
        "Permises par des exceptions\u00a0: #1. Elles comptent comme tentatives, et ne font pas "
        "d’incident."},
    [SAID_LIMIT_WAITING] = {
        "Batches of events that still wait for the database: #1.",
        "Lots d’événements qui attendent encore la base de données\u00a0: #1."},
    [SAID_LIMIT_SCORE] = {
        "How sure it is follows from all that was seen until today, also outside of this month.",
        "Le degré de certitude découle de tout ce qui a été vu jusqu’à aujourd’hui, aussi hors "
        "de ce mois."},
    [SAID_LIMIT_ALWAYS] = {
        "What uses no name, address or protocol of a list leaves no line; a tunnel or an "
        "encrypted server name hides what is inside; a device that does not pass a gateway is "
        "not seen.",
        "Ce qui n’utilise aucun nom, adresse ou protocole d’une liste ne laisse aucune ligne; "
        "un tunnel ou un nom de serveur chiffré cache ce qu’il contient; un appareil qui ne "
        "passe par aucune passerelle n’est pas vu."},
    [SAID_HOW_SURE] = {
        "Certainly installed: the device spoke the app’s own protocol; or asked, on several days "
        "and in many hours, for several names that only the app asks for; or went to addresses "
        "that are built into the app.",
        "Certainement installée\u00a0: l’appareil a parlé le protocole propre à l’application; ou "
        "a demandé, pendant plusieurs jours et de nombreuses heures, plusieurs noms qu’elle seule "
        "demande; ou a joint des adresses inscrites dans l’application."},
    [SAID_HOW_LIKELY] = {
        "Probably installed: signs of the app, but few or brief, or such as an update or a way "
        "around the resolver.",
        "Probablement installée\u00a0: des signes de l’application, mais peu ou brefs, ou tels "
        "qu’une mise à jour ou un contournement du résolveur."},
    [SAID_HOW_VISITED] = {
        "Visited: what a browser reaches without the app. The app need not be installed.",
        "Consultée\u00a0: ce qu’un navigateur atteint sans l’application. Celle-ci n’est pas "
        "forcément installée."},
    [SAID_HOW_CONTEXT] = {
        "Context: services that others use, too. It proves nothing alone.",
        "Contexte\u00a0: des services que d’autres utilisent aussi. Cela ne prouve rien à soi "
        "seul."},
    [SAID_HOW_ATTEMPT] = {
        "An attempt is one event line: a name that was asked for, or a flow that was seen. One "
        "tap on a phone can make many.",
        "Une tentative est une ligne d’événement\u00a0: un nom demandé ou un flux observé. Un "
        "seul geste sur un téléphone peut en faire beaucoup."},
    [SAID_FOOTER] = {
        "Made by Ponor #1 on #2. All times are UTC.",
        "Produit par Ponor #1 le #2. Toutes les heures sont en UTC."},
    [SAID_SURE] = {
        "certainly installed",
        "certainement installée"},
    [SAID_LIKELY] = {
        "probably installed",
        "probablement installée"},
    [SAID_VISITED] = {
        "visited",
        "consultée"},
    [SAID_CONTEXT] = {
        "context",
        "contexte"},
    [SAID_STATE_NEW] = {
        "new",
        "nouveau"},
    [SAID_STATE_ACKNOWLEDGED] = {
        "acknowledged",
        "pris en charge"},
    [SAID_STATE_CLOSED] = {
        "closed",
        "fermé"},
    [SAID_STATE_FALSE_POSITIVE] = {
        "false positive",
        "faux positif"},
    [SAID_STATE_UNKNOWN] = {
        "not known",
        "inconnu"},
};
/* clang-format on */

const char *report_said(enum report_language language, enum report_text text)
{
    return said[text][language];
}

const char *report_confidence_said(enum report_language language, enum confidence confidence)
{
    static const enum report_text texts[] = {
        [CONFIDENCE_CONTEXT] = SAID_CONTEXT,
        [CONFIDENCE_VISITED] = SAID_VISITED,
        [CONFIDENCE_LIKELY] = SAID_LIKELY,
        [CONFIDENCE_SURE] = SAID_SURE,
    };
    return said[texts[confidence]][language];
}

const char *report_state_said(enum report_language language, enum case_state state)
{
    static const enum report_text texts[CASE_STATES] = {
        [CASE_NEW] = SAID_STATE_NEW,
        [CASE_ACKNOWLEDGED] = SAID_STATE_ACKNOWLEDGED,
        [CASE_CLOSED] = SAID_STATE_CLOSED,
        [CASE_FALSE_POSITIVE] = SAID_STATE_FALSE_POSITIVE,
    };
    return said[texts[state]][language];
}
