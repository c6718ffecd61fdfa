package slidebox.access.no_wildcards_test

import data.slidebox.access.no_wildcards as rule
import data.slidebox.lib.fixture_test as fixture

everybody := {"where": "statement AnyoneReads", "what": "principal", "value": "*"}

everything := {"where": "statement TeamReads", "what": "action", "value": "s3:Get*"}

with_wildcards(document, wildcards) := fixture.changed(
	document,
	["locations", fixture.at_bench],
	{"wildcards": wildcards},
)

public := fixture.with_dataset(fixture.raw, {"public_terms": ["mid"]})

passes := with_wildcards(public, [everybody])

refused := with_wildcards(fixture.facts, [everybody, everything])

messages := {finding.message | some finding in rule.location_findings}

test_names_the_pattern_and_the_statement if {
	rule.location_findings == {{
		"rule": "access/no_wildcards",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "\"s3:Get*\" allows actions that nobody has named",
		"path": ["statement TeamReads"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as with_wildcards(fixture.facts, [everything])
}

test_says_each_pattern if {
	messages == {
		"\"*\" allows everybody, and the dataset is not declared public in this term",
		"\"s3:Get*\" allows actions that nobody has named",
	} with input as refused
}

test_everybody_is_meant_only_in_a_public_term if {
	later := fixture.with_dataset(fixture.raw, {"public_terms": ["long"]})
	said := rule.location_findings with input as with_wildcards(later, [everybody])
	count(said) == 1
}

test_everybody_is_meant_where_the_audience_is_anyone if {
	audience := {"contributor": [], "reader": ["anyone"], "steward": []}
	document := fixture.with_dataset(fixture.raw, {"audience": audience})
	rule.location_findings == set() with input as with_wildcards(document, [everybody])
}

test_actions_are_named_even_where_everybody_is_meant if {
	said := rule.location_findings with input as with_wildcards(public, [everything])
	count(said) == 1
}

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
