// SPDX-License-Identifier: GPL-3.0-or-later
//
// people - the door, accounts, settings, audit, in French.
import type { people as english } from "../en/people";
import type { Same } from "../same";

export const people: Same<typeof english> = {
    login: {
        title: "Connexion",
        lead:
            "Quels appareils ont une application interdite, " +
            "avec quelle certitude, et ce qui a été fait.",
        name: "Nom",
        password: "Mot de passe",
        code: "Code",
        codeLead: "Entrez les 6 chiffres que votre authentificateur affiche en ce moment.",
        enter: "Se connecter",
        again: "Recommencer",
        mustTitle: "Choisissez votre mot de passe",
        mustLead:
            "Le premier mot de passe ne sert qu’une fois. " +
            "Choisissez-en un qui n’est connu que de vous, puis continuez.",
    },
    password: {
        old: "Mot de passe actuel",
        next: "Nouveau mot de passe",
        again: "Nouveau mot de passe, une seconde fois",
        rule:
            "Au moins 12 caractères. " +
            "Quelques mots qui n’ont de lien que pour vous conviennent bien.",
        differ: "Les deux nouveaux mots de passe diffèrent.",
        set: "Changer le mot de passe",
        done: "Votre mot de passe a été changé.",
    },
    account: {
        title: "Comptes",
        lead: "Qui peut consulter, décider ou administrer.",
        name: "Nom",
        permission: "Rôle",
        totp: "Second facteur",
        state: "État",
        created: "Créé",
        lastLogin: "Dernière connexion",
        active: "actif",
        disabled: "désactivé",
        locked: "verrouillé",
        mustChange: "doit changer de mot de passe",
        add: "Ajouter un compte",
        addDo: "Ajouter",
        firstPassword: "Premier mot de passe",
        firstPasswordLead:
            "Remettez-le par un moyen sûr; il devra être changé à la première connexion.",
        change: (name) => `Modifier ${name}`,
        changeShort: "Modifier",
        disable: "Désactiver",
        enable: "Activer",
        reset: "Donner un nouveau premier mot de passe",
        totpOff: "Retirer l’authentificateur",
    },
    permission: {
        viewer: "lecture\u00a0: consulter",
        analyst: "analyse\u00a0: consulter et décider",
        admin: "administration\u00a0: tout, et les comptes",
    },
    settings: {
        title: "Paramètres",
        lead: (name, permission) => `${name} · ${permission}`,
        look: "Apparence",
        language: "Langue",
        theme: "Thème",
        themeAuto: "Selon le système",
        themeLight: "Clair",
        themeDark: "Sombre",
        password: "Mot de passe",
        totp: "Second facteur",
        totpOn: "Un code de votre authentificateur est demandé à chaque connexion.",
        totpOffText:
            "Seul votre mot de passe protège ce compte. " +
            "Un authentificateur le rend bien plus sûr.",
        totpBegin: "Configurer un authentificateur",
        totpSecret:
            "Entrez ce secret dans votre authentificateur, " +
            "ou ouvrez l’adresse sur l’appareil\u00a0:",
        totpSecretName: "Secret",
        totpUri: "Adresse",
        totpConfirm: "Puis entrez le code qu’il affiche\u00a0:",
        code: "Code",
        confirm: "Confirmer",
        totpDone: "Le second facteur est actif.",
        totpRemove: "Retirer le second facteur",
        totpRemoved: "Le second facteur est retiré.",
        version: (v) => `Ponor ${v}`,
    },
    audit: {
        title: "Audit",
        lead:
            "Chaque changement fait par une personne. " +
            "Chaque ligne porte l’empreinte de la précédente.",
        whole: (n) => `La chaîne est intacte\u00a0: ${n} lignes.`,
        broken: "La chaîne est rompue.",
        at: "Heure",
        by: "Qui",
        from: "Provenance",
        action: "Quoi",
        about: "Objet",
        raw: "La ligne",
        older: "Lignes plus anciennes",
        none: "Aucune ligne encore.",
    },
    auditAction: {
        login: "s’est connecté",
        "login-failed": "n’a pas pu se connecter",
        locked: "a été verrouillé",
        logout: "s’est déconnecté",
        "admin-made": "a créé le premier compte",
        "account-added": "a ajouté un compte",
        "permission-changed": "a changé les droits d’un compte",
        "account-disabled": "a désactivé un compte",
        "account-enabled": "a activé un compte",
        "password-changed": "a changé son mot de passe",
        "password-reset": "a donné un nouveau premier mot de passe",
        "language-changed": "a changé la langue",
        "totp-on": "a activé le second facteur",
        "totp-off": "a retiré le second facteur",
        "case-new": "a remis un incident à l’état nouveau",
        "case-acknowledged": "a pris un incident en charge",
        "case-closed": "a fermé un incident",
        "case-false-positive": "a marqué un incident comme faux positif",
        "case-assigned": "a attribué un incident",
        "case-noted": "a écrit une note",
        "change-lost": "un changement a été perdu",
        "audit-line-torn": "une ligne incomplète a été trouvée",
        "audit-chain-broken": "la chaîne est rompue",
        "audit-rebuilt": "les comptes ont été reconstruits à partir des lignes",
    },
};
