// SPDX-License-Identifier: GPL-3.0-or-later
//
// overview - the overview, its chart and the gateways, in French.
import { french as s } from "../plural";
import type { overview as english } from "../en/overview";
import type { Same } from "../same";

export const overview: Same<typeof english> = {
    overview: {
        title: "Aperçu",
        lead: (devices, n) =>
            `${devices} ${s(n, "appareil a", "appareils ont")} tenté d’atteindre ` +
            "une application interdite durant cette période.",
        quiet:
            "Aucun appareil n’a tenté d’atteindre une application interdite " +
            "durant cette période.",
        newIncidents: "Nouveaux incidents",
        toReview: "à examiner",
        howSure: (sure, likely) => `certains\u00a0: ${sure}, probables\u00a0: ${likely}`,
        stopped: "Tentatives bloquées",
        ofAll: (n) => `sur ${n} consignées`,
        devices: "Appareils",
        withAttempts: "avec des tentatives",
        gatewaysFine: "Passerelles",
        allFine: "toutes en bon état",
        needLook: (n) => s(n, "1 demande votre attention", `${n} demandent votre attention`),
        blockedTitle: "Tentatives dans le temps, par application",
        showStopped: "Bloquées",
        showAll: "Toutes les tentatives",
        states: "Incidents par état",
        certain: "Nouveaux incidents les plus certains",
        certainNone: "Aucun nouvel incident. Tout a été examiné.",
        allIncidents: "Tous les incidents",
        gateways: "Passerelles",
        gatewaysNone: "Aucun dossier d’événements n’a encore été lu.",
        store: "Historique",
        storeNone: "Il n’y a pas encore d’historique.",
        storeRows: "Lignes",
        storeSize: "Taille",
        storeFirst: "Première",
        storeLast: "Dernière",
        storeWaiting: "En attente d’envoi",
        storeKind: "Stockage",
    },
    chart: {
        label: (from, until) =>
            `Graphique du ${from} au ${until}. ` +
            "Les flèches gauche et droite le lisent valeur par valeur.",
        legend: "Applications affichées",
        table: "Afficher en tableau",
        chart: "Afficher en graphique",
        total: "Total",
        empty: "Rien durant cette période.",
        at: "À partir de",
        hide: (app) => `Masquer ${app}`,
        show: (app) => `Afficher ${app}`,
    },
    gateway: {
        gateway: "Passerelle",
        program: "Programme",
        last: "Dernière ligne",
        restarts: (n, k) => `${n} ${s(k, "redémarrage", "redémarrages")}`,
        lines: "Lignes",
        chain: "Chaîne",
        lost: "Perdues",
        blind: "Aveugle",
        health: "Santé",
        whole: "intacte",
        broken: "rompue",
        past: "une autre chaîne prend la suite",
        breaks: (n, k) => `${n} ${s(k, "rupture", "ruptures")} de la chaîne`,
        missing: (n, k) => `${n} ${s(k, "ligne manquante", "lignes manquantes")}`,
        fine: "bon état",
        lostTitle: "Événements que le programme n’a pas pu écrire",
        sampledTitle: (n) => `${n} omis par échantillonnage`,
        dropped: (n, k) => `${n} ${s(k, "paquet non lu", "paquets non lus")}`,
        flowsFull: (n, k) => `${n} flux ${s(k, "oublié", "oubliés")} trop tôt`,
        gatherFull: (n, k) => `${n} flux ${s(k, "non assemblé", "non assemblés")}`,
        eventsLost: (n, k) => `${n} ${s(k, "événement perdu", "événements perdus")}`,
        blindFor: (t) => `aveugle durant ${t}`,
    },
};
