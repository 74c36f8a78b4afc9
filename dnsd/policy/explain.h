/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * explain - a verdict in words.
 *
 * Used by `ponor explain`, by EDE EXTRA-TEXT and by nobody's decisions.
 */
#ifndef POLICY_EXPLAIN_H
#define POLICY_EXPLAIN_H

#include "base/writer.h"
#include "policy/decide.h"
#include "policy/image.h"

/* "WeChat (Weixin), SEC-2023-0117": the list's title, and the rule's or list's ticket; UTF-8, at
 * most EDE_TEXT_MOST bytes. */
void explain_briefly(const struct policy *policy, const struct verdict *verdict, struct writer *w);

/* The several lines that `ponor explain` prints: verdict, group, list, file:line, authority,
 * ticket, and the lists that were asked before. */
void explain_fully(const struct policy *policy, const struct subject *subject, struct writer *w);

#endif
