// SPDX-License-Identifier: GPL-3.0-or-later
//
// lists - lists and their rules, in French.
import { french as s } from "../plural";
import type { lists as english } from "../en/lists";
import type { Same } from "../same";

export const lists: Same<typeof english> = {
    list: {
        title: "Listes",
        one: "Liste",
        lead:
            "Ce qu’interdit chaque liste de blocage, de quelle autorité, " +
            "et si ses règles servent encore.",
        list: "Liste",
        app: "Application",
        authority: "Autorité",
        reference: "Référence",
        owner: "Responsable",
        ticket: "Billet",
        serial: "Version",
        review: "Révision",
        action: "Action",
        evidence: "Indice",
        rules: "Règles",
        neverHit: "Inutilisées",
        hits: "Occurrences",
        stopped: "Bloquées",
        last: "Dernière fois",
        none:
            "Aucune liste de blocage n’est connue\u00a0: " +
            "la politique de cette passerelle n’a pas pu être lue.",
        generation: (n) => `Génération ${n} de la politique`,
        about: "Porte sur",
        line: "Ligne",
        search: "Règle, nom ou note",
        show: "Afficher",
        showAll: "Toutes les règles",
        showHit: "Utilisées",
        showNever: "Inutilisées",
        neverNone: "Toutes les règles ont servi.",
        rulesNone: "Aucune règle ne correspond.",
        foundRules: (n, k) => `${n} ${s(k, "règle", "règles")}`,
        events: "Ses événements",
    },
    review: {
        fine: "à jour",
        soon: "échéance proche",
        past: "en retard",
        none: "sans date",
    },
    ruleKind: {
        domain: "domaine",
        name: "nom",
        address: "adresse",
        protocol: "protocole",
    },
};
