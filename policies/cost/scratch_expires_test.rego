package slidebox.cost.scratch_expires_test

import data.slidebox.cost.scratch_expires as rule
import data.slidebox.lib.fixture_test as fixture

findings := rule.location_findings | rule.declared_findings

in_bucket(expire_days) := fixture.changed(
	fixture.changed(
		fixture.with_dataset(fixture.masks, {"keep": "scratch", "scratch_days": 30}),
		["locations", fixture.masks_at_bench],
		{"store": "cloud", "system": "cloud"},
	),
	["locations", fixture.masks_at_bench, "lifecycle"],
	{"expire_days": expire_days},
)

passes := in_bucket(30)

refused := in_bucket("none")

said(document) := {[finding.severity, finding.message] | some finding in findings with input as document}

test_scratch_expires_where_it_can if {
	findings == {{
		"rule": "cost/scratch_expires",
		"severity": "error",
		"subject": fixture.masks_at_bench,
		"message": "nothing lets scratch data expire there, and they are for 30 days",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_no_later_than_is_declared if {
	said(in_bucket(29)) == set()
	said(in_bucket(31)) == {["error", "scratch data expire after 31 days there, and are for 30"]}
}

test_not_knowing_is_said if {
	said(in_bucket("unknown")) == {["warning", "nothing says whether scratch data expire there after 30 days"]}
}

test_a_place_without_lifecycles_cannot if {
	lifecycle := ["locations", fixture.masks_at_bench, "lifecycle"]
	said(fixture.changed(refused, lifecycle, {"offered": false})) == set()
	said(fixture.with_dataset(fixture.masks, {"keep": "scratch", "scratch_days": 30})) == set()
}

test_scratch_says_for_how_long if {
	every lab in [passes, refused] {
		document := fixture.changed(lab, ["datasets", fixture.masks], {"scratch_days": "none"})
		{[finding.subject, finding.message] | some finding in findings} == {[
			fixture.masks,
			"it is scratch, and nothing says for how long",
		]} with input as document
	}
}

test_what_is_kept_does_not_expire if {
	said(fixture.changed(refused, ["datasets", fixture.masks], {"keep": "copy", "scratch_days": "none"})) == set()
	said(fixture.changed(refused, ["datasets", fixture.masks], {"keep": "copy"})) == set()
}

test_a_dataset_that_lies_nowhere_yet_can_be_read if {
	unread := object.union(fixture.dataset, {"keep": "unknown"})
	document := fixture.added(passes, ["datasets", "nf1/new"], unread)
	[finding.subject | some finding in findings] == ["nf1/new"] with input as document
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := findings with input as {}
	count(said) > 0
}
