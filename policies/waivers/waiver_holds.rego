# METADATA
# scope: package
# title: A waiver holds
# description: >-
#   A waiver sets one waivable rule aside for one dataset of its own project, in one store or in all, for at most
#   180 days from today, with a reason and a person of the lab who answers for it. Any other waiver sets nothing
#   aside and is itself a finding.
# custom:
#   id: waivers/waiver_holds
#   severity: error
#   scope: [waiver]
#   gates: [plan, preview, live, publish]
#   waivable: false
#   reads:
#     - facts.now
#     - person.left
#     - person.organisation
#     - project.levels
#   cure: >-
#     Write rule, location (a level, or level@store), reason, by and until (at most 180 days ahead), or remove the
#     waiver and mend what it was for.
#   references:
#     - NIST SP 800-171 3.12.2, plans of action for what is not met have an owner and an end
package waivers.waiver_holds

import data.slidebox.lib.calendar
import data.slidebox.lib.judge
import data.slidebox.lib.shape

info := judge.rule(rego.metadata.chain())

longest_days := 180

declared_findings contains finding if {
	some id, fault in faults
	some message in fault
	finding := judge.finding(info, id, message)
}

declared_findings contains finding if {
	some id, waiver in sound
	not faults[id]
	waiver.until < input.now
	finding := judge.graded(info, "warning", id, sprintf("it ended on %s and sets nothing aside", [waiver.until]))
}

declared_findings contains finding if {
	some top in ["people", "projects"]
	some finding in judge.unread_of(info, top)
}

# METADATA
# title: Until when, by whom and why a finding is set aside; nothing where no waiver holds that touches it
words(finding) := concat("; ", sort(covering(finding)))

covering(finding) := {said |
	some waiver in by_rule[finding.rule]
	touches(waiver, finding.subject)
	said := sprintf("until %s by %s: %s", [waiver.until, waiver.by, waiver.reason])
}

# The waivers that hold, by rule: most findings have none to look at.
by_rule[rule] contains waiver if {
	some id, waiver in sound
	not faults[id]
	waiver.until >= input.now
	rule := waiver.rule
}

sound[id] := waiver if {
	some id, waiver in input.waivers
	every key in {"project", "rule", "location", "reason", "by"} { is_string(waiver[key]) }
	shape.date(waiver.until)
	shape.date(input.now)
}

faults[id] contains "it is not complete: project, rule, location, reason, by and until are needed" if {
	some id, _ in input.waivers
	not sound[id]
}

faults[id] contains sprintf("there is no rule %s", [waiver.rule]) if {
	some id, waiver in sound
	not rules[waiver.rule]
}

faults[id] contains sprintf("%s cannot be waived", [waiver.rule]) if {
	some id, waiver in sound
	rules[waiver.rule].waivable != true
}

faults[id] contains sprintf(
	"it would hold until %s, which is %d days from today; %d is the most",
	[waiver.until, days, longest_days],
) if {
	some id, waiver in sound
	days := calendar.between(input.now, waiver.until)
	days > longest_days
}

faults[id] contains sprintf(
	"%q is too broad: one dataset of %s has to be named",
	[waiver.location, waiver.project],
) if {
	some id, waiver in sound
	not named(waiver)
}

faults[id] contains sprintf("there is neither a term nor a store %s", [part]) if {
	some id, waiver in sound
	named(waiver)
	some i, part in split(waiver.location, "@")
	i > 0
	not part in shape.terms
	not input.stores[part]
}

faults[id] contains "it gives no reason" if {
	some id, waiver in sound
	count(trim_space(waiver.reason)) < 8
}

faults[id] contains sprintf("%s is nobody of the lab who could answer for it", [waiver.by]) if {
	some id, waiver in sound
	not answers(waiver.by)
}

named(waiver) if {
	parts := split(waiver.location, "@")
	parts[0] in input.projects[waiver.project].levels
	count(parts) < 4
}

answers(name) if {
	person := input.people[name]
	person.organisation == "lab"
	person.left > input.now # never is later than any day
}

# A waiver of a dataset touches it and all its places; one of a store or term, only what is there.
touches(waiver, subject) if {
	wanted := split(waiver.location, "@")
	found := split(subject, "@")
	found[0] == sprintf("%s/%s", [waiver.project, wanted[0]])
	every part in array.slice(wanted, 1, count(wanted)) { part in found }
}

rules := {rule.id: rule | some rule in (built_in | own)}

built_in contains rule if rule := data.slidebox[_][_].info

built_in contains info

own contains rule if rule := data.lab[_].info
