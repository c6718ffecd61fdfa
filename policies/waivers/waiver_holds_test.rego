package waivers.waiver_holds_test

import data.main
import data.slidebox.lib.fixture_test as fixture
import data.waivers.waiver_holds as rule

passes := waived(fixture.waiver)

refused := changed({"until": "2027-12-31"})

alone := json.patch(fixture.facts, [{"op": "remove", "path": ["locations", fixture.at_shelf]}])

waived(waiver) := fixture.added(fixture.facts, ["waivers", "nf1#1"], waiver)

changed(change) := waived(object.union(fixture.waiver, change))

messages(document) := {finding.message | some finding in rule.declared_findings with input as document}

covers(finding) if rule.words(finding) != ""

test_says_nothing_about_a_waiver_that_holds if rule.declared_findings == set() with input as passes

test_says_how_long_it_may_hold if {
	rule.declared_findings == {{
		"rule": "waivers/waiver_holds",
		"severity": "error",
		"subject": "nf1#1",
		"message": "it would hold until 2027-12-31, which is 402 days from today; 180 is the most",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_180_days_are_the_most if {
	messages(changed({"until": "2027-05-23"})) == set()
	messages(changed({"until": "2027-05-24"})) == {concat("", [
		"it would hold until 2027-05-24, which is 181 days from today; ",
		"180 is the most",
	])}
}

test_says_what_is_wrong_with_it if {
	every change, message in {
		{"rule": "keeping/none"}: "there is no rule keeping/none",
		{"rule": "sharing/identifiable_never_public"}: "sharing/identifiable_never_public cannot be waived",
		{"rule": "waivers/waiver_holds"}: "waivers/waiver_holds cannot be waived",
		{"location": "*"}: `"*" is too broad: one dataset of nf1 has to be named`,
		{"location": "raw_images@mid@bench@more"}: concat("", [
			`"raw_images@mid@bench@more" is too broad: `,
			"one dataset of nf1 has to be named",
		]),
		{"location": "raw_images@nowhere"}: "there is neither a term nor a store nowhere",
		{"location": "raw_images@mid@nowhere"}: "there is neither a term nor a store nowhere",
		{"reason": "    no.    "}: "it gives no reason",
		{"reason": "ordered"}: "it gives no reason",
		{"by": "nobody"}: "nobody is nobody of the lab who could answer for it",
		{"by": "visitor"}: "visitor is nobody of the lab who could answer for it",
		{"by": "gone"}: "gone is nobody of the lab who could answer for it",
		{"by": 7}: "it is not complete: project, rule, location, reason, by and until are needed",
		{"until": "soon"}: "it is not complete: project, rule, location, reason, by and until are needed",
	} {
		messages(changed(change)) == {message}
	}
}

test_a_waiver_without_one_of_its_parts_is_not_complete if {
	every part in object.keys(fixture.waiver) {
		messages(waived(object.remove(fixture.waiver, [part]))) == {concat("", [
			"it is not complete: ",
			"project, rule, location, reason, by and until are needed",
		])}
	}
}

test_its_last_day_is_the_day_it_names if {
	messages(changed({"until": "2026-11-24"})) == set()
	covers(missing) with input as changed({"until": "2026-11-24"})
	{[finding.severity, finding.message] | some finding in rule.declared_findings} == {[
		"warning",
		"it ended on 2026-11-23 and sets nothing aside",
	]} with input as changed({"until": "2026-11-23"})
	not covers(missing) with input as changed({"until": "2026-11-23"})
}

test_one_at_fault_is_not_said_to_have_ended if {
	messages(changed({"until": "2026-11-23", "reason": "no"})) == {"it gives no reason"}
}

test_without_a_day_none_holds if {
	every now in [7.5, "", "unknown", null] {
		not covers(missing) with input as object.union(passes, {"now": now})
	}
}

test_a_word_of_eight_letters_is_a_reason if messages(changed({"reason": "pandemic"})) == set()

test_who_leaves_later_can_answer_for_it if {
	leaving := {day: messages(document) |
		some day in ["2026-11-24", "2026-11-25"]
		document := fixture.changed(passes, ["people", "alice"], {"left": day})
	}
	leaving == {"2026-11-24": {"alice is nobody of the lab who could answer for it"}, "2026-11-25": set()}
}

missing := {"rule": "keeping/raw_copies", "subject": "nf1/raw_images@mid"}

test_touches_only_what_it_names if {
	every location, subjects in {
		"raw_images": {"nf1/raw_images", "nf1/raw_images@mid", "nf1/raw_images@mid@bench"},
		"raw_images@bench": {"nf1/raw_images@mid@bench"},
		"raw_images@mid": {"nf1/raw_images@mid", "nf1/raw_images@mid@bench"},
		"raw_images@mid@bench": {"nf1/raw_images@mid@bench"},
		"raw_images@long": set(),
		"metadata": set(),
	} {
		subjects == {subject |
			some subject in ["nf1/raw_images", "nf1/raw_images@mid", "nf1/raw_images@mid@bench", "other/raw_images"]
			finding := object.union(missing, {"subject": subject})
			covers(finding) with input as changed({"location": location})
		}
	}
}

test_sets_aside_its_own_rule_only if {
	covers(missing) with input as passes
	not covers({"rule": "cost/ownership_tags", "subject": "nf1/raw_images@mid"}) with input as passes
}

test_a_waiver_at_fault_sets_nothing_aside if {
	faults := [{"until": "2027-12-31"}, {"reason": "no"}, {"by": "visitor"}, {"location": "raw_images@nowhere"}]
	every change in faults {
		not covers(missing) with input as changed(change)
	}
}

test_what_is_waived_is_still_shown if {
	document := fixture.added(alone, ["waivers", "nf1#1"], fixture.waiver)
	{[finding.rule, finding.severity, finding.waived] | some finding in main.findings} == {[
		"keeping/raw_copies",
		"error",
		"until 2027-01-31 by alice: the second drive is on order",
	]} with input as document
}

test_two_waivers_are_both_shown if {
	second := object.union(fixture.waiver, {"until": "2026-12-31", "reason": "it is being repaired"})
	document := fixture.added(passes, ["waivers", "nf1#2"], second)
	rule.words(missing) == concat("; ", [
		"until 2026-12-31 by alice: it is being repaired",
		"until 2027-01-31 by alice: the second drive is on order",
	]) with input as document
}

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.declared_findings with input as document
			finding.severity == "error"
		}
	}
}

test_says_what_it_cannot_judge if {
	every field in ["facts.now", "person.left", "person.organisation", "project.levels"] {
		every document in fixture.broken(passes, field) {
			some finding in rule.declared_findings with input as document
			startswith(finding.message, sprintf("cannot be judged: %s", [field]))
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.declared_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.declared_findings with input as {}
	count(said) > 0
}
