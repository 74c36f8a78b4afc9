// SPDX-License-Identifier: GPL-3.0-or-later
//
// incidents - incidents, how sure they are and why, and devices, in French.
import { french as s } from "../plural";
import type { incidents as english } from "../en/incidents";
import type { Same } from "../same";

export const incidents: Same<typeof english> = {
    incident: {
        title: "Incidents",
        one: "Incident",
        lead:
            "Un incident par appareil et par application. " +
            "Le score dit à quel point il est certain que l’application est installée.",
        search: "Appareil, hôte, responsable, application ou nom",
        sort: "Tri",
        sortScore: "Les plus certains d’abord",
        sortLast: "Les plus récents d’abord",
        sortAttempts: "Le plus de tentatives d’abord",
        state: "État",
        app: "Application",
        least: "Certitude",
        leastAny: "Toutes",
        open: "Ouverts",
        orMore: (word) => `${word} ou plus`,
        assignee: "Attribué à",
        assigneeMe: "Moi",
        device: "Appareil",
        last: "Dernière trace",
        first: "Première trace",
        ways: "Voies",
        score: "Certitude",
        found: (n, k) => `${n} ${s(k, "incident", "incidents")}`,
        none: "Aucun incident ne correspond à ces filtres.",
        noneOpen: "Aucun incident n’est ouvert.",
        allStopped: "toutes bloquées",
        noneStopped: "aucune bloquée",
        notStopped: (n, k) => `${n} non ${s(k, "bloquée", "bloquées")}`,
        points: (n) => `${n} sur 100`,
        why: "Ce qui le fait penser",
        whyNone: "Aucune raison ne ressort.",
        did: "Ce que Ponor a fait",
        didAll: (n, k) =>
            k < 2
                ? "La seule tentative a été bloquée."
                : `Les ${n} tentatives ont toutes été bloquées.`,
        didSome: (stopped, n) =>
            `Tentatives bloquées\u00a0: ${stopped} sur ${n}; ` +
            "les autres ont seulement été notées.",
        didNone: (n, k) =>
            k < 2
                ? "La tentative a été notée, sans être bloquée."
                : `Aucune des ${n} tentatives n’a été bloquée.`,
        evidence: "Indices",
        waysTried: "Voies tentées",
        names: "Noms",
        namesNone: "Aucun nom n’a été vu.",
        decided: "Règle appliquée",
        list: "Liste",
        rule: "Règle",
        source: "Fichier et ligne",
        authority: "Autorité",
        ticket: "Billet",
        group: "Groupe",
        gateway: "Passerelle",
        attempts: "Tentatives",
        attemptsIn: (hours, h, days, d) =>
            `dans ${hours} ${s(h, "heure", "heures")}, sur ${days} ${s(d, "jour", "jours")}`,
        unresolved: "Adresses jamais résolues",
        byDay: "Tentatives par jour",
        events: "Tous ses événements",
        latestEvents: "Derniers événements",
        decision: "Décision",
        note: "Note",
        noteLead: "Dites pourquoi\u00a0: d’autres la liront.",
        steps: "Décisions prises",
        stepsNone: "Personne n’a encore pris de décision.",
        setState: (state) => `l’a marqué «\u00a0${state}\u00a0»`,
        setAssignee: (name) => `l’a attribué à ${name}`,
        unassigned: "a retiré l’attribution",
        take: "M’attribuer l’incident",
        saved: "Enregistré.",
        reopened: "rouvert",
        reopenedText: "De nouvelles tentatives ont eu lieu après sa fermeture.",
        viewer: "Votre compte permet de consulter, pas de décider.",
    },
    state: {
        new: "nouveau",
        acknowledged: "pris en charge",
        closed: "fermé",
        "false-positive": "faux positif",
    },
    confidence: {
        sure: "certain",
        likely: "probable",
        visited: "consulté",
        context: "contexte",
    },
    confidenceLong: {
        sure: "L’application est installée",
        likely: "L’application est probablement installée",
        visited: "Consultée, peut-être seulement par un navigateur",
        context: "Services partagés seulement; ne prouve rien à lui seul",
    },
    evidence: {
        none: "aucun",
        installed: "installée",
        visited: "consultée",
        update: "mise à jour",
        bypass: "contournement",
        context: "contexte",
    },
    evidenceLong: {
        none: "Aucun indice",
        installed: "Seule l’application parle ou demande ainsi",
        visited: "Un navigateur y arrive sans l’application",
        update: "Un programme d’installation, ou sa mise à jour",
        bypass: "Un contournement du résolveur",
        context: "Partagé avec d’autres; ne prouve rien à lui seul",
    },
    reason: {
        "chain-broken": (n, k) =>
            "La chaîne des événements d’une passerelle a été rompue " +
            `${k < 2 ? "une fois" : `${n} fois`}\u00a0: ` +
            "des lignes ont été modifiées, ou manquent",
        mmtls: (n, k) =>
            `${n} ${s(k, "poignée de main", "poignées de main")} mmtls, ` +
            "que seule l’application parle",
        oicq: (n, k) => `${n} ${s(k, "paquet", "paquets")} OICQ, que seule l’application parle`,
        "installed-names": (n, k) =>
            `${n} ${s(k, "tentative", "tentatives")} ` +
            "vers des noms ou des adresses que seule l’application demande",
        update: (n, k) =>
            s(
                k,
                `${n} recherche de mise à jour, ou téléchargement d’un programme d’installation`,
                `${n} recherches de mise à jour, ou téléchargements d’un programme d’installation`,
            ),
        httpdns: (n, k) =>
            `${n} ${s(k, "requête", "requêtes")} ` +
            "à un service de noms que les applications portent dans HTTP",
        bypass: (n, k) =>
            `${n} ${s(k, "tentative", "tentatives")} de contournement du résolveur`,
        unresolved: (n, k) =>
            s(
                k,
                `${n} connexion à une adresse jamais résolue pour l’appareil`,
                `${n} connexions à des adresses jamais résolues pour l’appareil`,
            ),
        addresses: (n, k) =>
            `${n} ${s(k, "connexion", "connexions")} à des adresses de la liste, sans nom`,
        visited: (n, k) =>
            `${n} ${s(k, "tentative", "tentatives")} ` +
            "vers ce qu’un navigateur atteint sans l’application",
        "ways-around": (n, k) =>
            k < 2
                ? "Une voie de contournement de la passerelle a été tentée"
                : `${n} voies différentes de contournement de la passerelle ont été tentées`,
        "many-hours": (n) => `Tentatives réparties sur ${n} heures différentes`,
        "many-days": (n) => `Tentatives réparties sur ${n} jours différents`,
        "many-names": (n) => `Au moins ${n} noms différents`,
        context: (n, k) =>
            `${n} ${s(k, "tentative", "tentatives")} ` +
            "vers des serveurs que d’autres utilisent aussi\u00a0: ne prouve rien à elle seule",
        unrated: (n, k) =>
            `${n} ${s(k, "tentative", "tentatives")} que la liste ne compte pas comme indice`,
    },
    device: {
        title: "Appareils",
        one: "Appareil",
        lead: "À qui étaient ces adresses, au moment de chaque événement.",
        search: "Hôte, responsable, étiquette, MAC ou adresse",
        host: "Hôte",
        tag: "Étiquette d’inventaire",
        owner: "Responsable",
        group: "Groupe",
        mac: "MAC",
        address: "Adresse",
        known: "Connu",
        first: "Première trace",
        last: "Dernière trace",
        incidents: "Incidents",
        attempts: "Tentatives",
        stopped: "Bloquées",
        addresses: "Adresses qu’il a eues",
        none: "Aucun appareil ne correspond.",
        addressesNone: "Aucune adresse n’est consignée.",
        incidentsNone: "Aucun incident.",
        events: "Tous ses événements",
        found: (n, k) => `${n} ${s(k, "appareil", "appareils")}`,
        foundMore: (n) => `plus de ${n} appareils`,
    },
    known: {
        unknown: "connu par sa seule adresse",
        lease: "par son bail DHCP",
        neighbour: "par la table de voisinage",
        event: "par l’adresse MAC dans l’événement",
        inventory: "par l’inventaire",
        gateway: "une passerelle elle-même",
    },
};
