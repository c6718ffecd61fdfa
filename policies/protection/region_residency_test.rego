package slidebox.protection.region_residency_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.protection.region_residency as rule

bound_to(regions) := fixture.with_dataset(fixture.raw, {"regions": regions})

under_agreement(document, regions) := fixture.changed(
	fixture.changed(document, ["datasets", fixture.raw], {"agreement": "saguaro"}),
	["agreements", "saguaro"],
	{"regions": regions},
)

passes := under_agreement(bound_to(["us-east-1", "eu-west-1"]), ["us-*"])

refused := bound_to(["eu-west-1", "eu-central-1"])

said(document) := {finding.message |
	some finding in rule.location_findings with input as document
	finding.subject == fixture.at_bench
}

subjects(document) := {finding.subject | some finding in rule.location_findings with input as document}

test_names_the_store_and_the_regions if {
	{finding | some finding in rule.location_findings; finding.subject == fixture.at_bench} == {{
		"rule": "protection/region_residency",
		"severity": "error",
		"subject": fixture.at_bench,
		"message": "bench is in us-east-1, and nf1/raw_images may lie in eu-west-1, eu-central-1 alone",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
}

test_an_agreement_binds_too if {
	said(under_agreement(fixture.facts, ["eu-*"])) == {concat("", [
		"bench is in us-east-1, and agreement saguaro lets nf1/raw_images lie in eu-* alone",
	])}
	said(under_agreement(fixture.facts, [])) == set()
}

test_the_dataset_and_the_agreement_both_have_to_allow_it if {
	said(under_agreement(bound_to(["us-*"]), ["eu-*"])) != set()
	said(under_agreement(bound_to(["eu-*"]), ["us-*"])) != set()
}

test_a_star_stands_for_all_that_begin_so if {
	said(bound_to(["us-*"])) == set()
	said(bound_to(["us-west-*"])) != set()
	said(bound_to(["us"])) != set()
}

test_what_is_made_from_it_is_bound_until_a_deidentification if {
	subjects(refused) == {fixture.at_bench, fixture.at_shelf, fixture.masks_at_bench}
	cut := {"deidentification": {"recorded": true, "missing": [], "method": "expert_determination"}}
	subjects(fixture.changed(refused, ["datasets", fixture.masks], cut)) == {fixture.at_bench, fixture.at_shelf}
}

test_a_store_of_which_nobody_says_where_it_is_is_in_none if {
	document := fixture.changed(bound_to(["us-*"]), ["stores", "bench"], {"region": "none"})
	said(document) == {"bench is in no region that anybody has said, and nf1/raw_images may lie in us-* alone"}
}

test_deletion_is_nowhere if {
	said(fixture.changed(refused, ["locations", fixture.at_bench], {"system": "deletion"})) == set()
}

test_where_nothing_is_bound_nothing_is_looked_at if rule.bounds == [] with input as fixture.facts

test_is_asked_at_its_gates if {
	rule.info.gates == ["plan", "preview", "live", "publish"]
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
