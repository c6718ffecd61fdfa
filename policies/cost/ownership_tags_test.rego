package slidebox.cost.ownership_tags_test

import data.slidebox.cost.ownership_tags as rule
import data.slidebox.lib.fixture_test as fixture

passes := fixture.facts

refused := fixture.with_location(fixture.at_bench, {"tags": {"lab": " ", "project": "nf1"}})

test_names_the_tags_that_are_missing_or_empty if {
	rule.location_findings == {{
		"rule": "cost/ownership_tags",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "tags are missing or empty: lab",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_a_tag_has_to_say_something if {
	every value in ["", " ", "unknown", " unknown", 7, null] {
		document := fixture.with_location(fixture.at_bench, {"tags": {"owner": value}})
		{finding.message | some finding in rule.location_findings} == {
			"tags are missing or empty: owner",
		} with input as document
	}
}

test_names_every_missing_tag if {
	tags := ["locations", fixture.at_bench, "tags"]
	document := json.patch(fixture.facts, [{"op": "replace", "path": tags, "value": {}}])
	{finding.message | some finding in rule.location_findings} == {
		"tags are missing or empty: lab, owner",
	} with input as document
}

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live"]
	rule.info.waivable == true
}

test_says_nothing_about_a_good_lab if rule.location_findings == set() with input as passes

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in rule.location_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := rule.location_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := rule.location_findings with input as {}
	count(said) > 0
}
