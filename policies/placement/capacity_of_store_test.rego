package slidebox.placement.capacity_of_store_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.placement.capacity_of_store as rule

passes := fixture.facts

holding(capacity) := fixture.changed(fixture.facts, ["stores", "bench"], {"capacity": capacity})

# Raw images and masks of 2 GB each and notes of 1 MB are at the bench.
refused := holding(4000000000)

said(document) := {[finding.severity, finding.subject, finding.message] |
	some finding in rule.together_findings with input as document
}

test_names_the_store_and_each_dataset_in_it if {
	message := "bench holds 4 GB and would take 4 GB in the mid term, 2 GB of it for nf1/raw_images"
	{finding | some finding in rule.together_findings; finding.subject == "nf1/raw_images@mid"} == {{
		"rule": "placement/capacity_of_store",
		"severity": "warning",
		"subject": "nf1/raw_images@mid",
		"message": message,
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
	{subject | some [_, subject, _] in said(refused)} == {
		"nf1/raw_images@mid",
		"nf1/segmentation_masks@mid",
		"nf1/metadata@mid",
	}
}

test_a_plan_warns_and_everything_else_refuses if {
	every gate, severity in {"plan": "warning", "preview": "error", "live": "error"} {
		{grave | some [grave, _, _] in said(object.union(refused, {"gate": gate}))} == {severity}
	}
}

test_a_store_may_be_full if {
	said(holding(4001000000)) == set()
	said(holding(4000999999)) != set()
	said(holding("none")) == set()
}

test_each_term_stands_by_itself if {
	said(fixture.changed(refused, ["locations", fixture.masks_at_bench], {"term": "long"})) == set()
}

test_each_store_stands_by_itself if {
	said(fixture.changed(refused, ["locations", fixture.masks_at_bench], {"store": "shelf"})) == set()
}

test_what_lies_where_any_amount_fits_is_not_added_up if {
	not rule.held.bench with input as holding("none")
}

test_a_dataset_that_lies_nowhere_yet_can_be_read if {
	document := fixture.with_unplaced({"bytes": "unknown"})
	[finding.subject | some finding in rule.together_findings] == ["nf1/new"] with input as document
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.together_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.together_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.together_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.together_findings with input as {}
	count(said) > 0
}
