package slidebox.access.no_long_lived_keys_test

import data.slidebox.access.no_long_lived_keys as rule
import data.slidebox.lib.fixture_test as fixture

with_keys(document, keys) := fixture.changed(document, ["locations", fixture.at_bench], {"keys": keys})

in_cloud := fixture.with_location(fixture.at_bench, {"store": "cloud", "system": "cloud"})

passes := with_keys(fixture.facts, ["team:imaging"])

refused := with_keys(in_cloud, ["team:imaging"])

test_names_who_holds_a_key if {
	rule.location_findings == {{
		"rule": "access/no_long_lived_keys",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "team:imaging holds a key that does not end by itself, and cloud offers roles",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_says_each_holder if {
	{finding.message | some finding in rule.location_findings} == {
		"service:backup holds a key that does not end by itself, and cloud offers roles",
		"a reader that is not known holds a key that does not end by itself, and cloud offers roles",
	} with input as with_keys(in_cloud, ["service:backup", "unknown"])
}

test_allows_a_store_with_roles_and_without_keys if rule.location_findings == set() with input as in_cloud

all_findings := rule.location_findings

test_says_nothing_about_a_good_lab if all_findings == set() with input as fixture.facts

test_passes_and_refused_are_what_they_say if {
	all_findings == set() with input as passes
	said := all_findings with input as refused
	count(said) > 0
}

# METADATA
# title: A field that is missing, of another type or unknown makes the rule fail
test_fails_without_any_field_it_reads if {
	every field in rule.info.reads {
		documents := fixture.broken(passes, field)
		count(documents) > 0
		every document in documents {
			some finding in all_findings with input as document
			startswith(finding.message, "cannot be judged: ")
		}
	}
}

# METADATA
# title: No missing field turns a refusal into silence
test_refuses_whatever_is_missing if {
	every field in fixture.fields {
		every document in fixture.broken(refused, field) {
			said := all_findings with input as document
			count(said) > 0
		}
	}
}

# METADATA
# title: A document without its maps is refused
test_refuses_an_empty_document if {
	said := all_findings with input as {}
	count(said) > 0
}
