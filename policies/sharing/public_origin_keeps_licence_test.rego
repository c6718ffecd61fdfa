package slidebox.sharing.public_origin_keeps_licence_test

import data.slidebox.lib.fixture_test as fixture
import data.slidebox.sharing.public_origin_keeps_licence as rule

from_public(licence) := fixture.with_dataset(
	fixture.raw,
	{"origin": "public", "source": "idr0013", "licence": licence},
)

masks(document, change) := fixture.changed(document, ["datasets", fixture.masks], change)

in_idr(document) := fixture.changed(
	document,
	["locations", fixture.masks_at_bench],
	{"store": "zenodo", "system": "idr"},
)

passes := masks(from_public("CC-BY-SA-3.0"), {"licence": "CC-BY-SA-4.0"})

refused := in_idr(masks(from_public("none"), {"licence": "CC-BY-4.0"}))

messages := {finding.message | some finding in rule.location_findings}

declared := {finding.message | some finding in rule.declared_findings}

test_names_what_is_missing if {
	rule.declared_findings == {{
		"rule": "sharing/public_origin_keeps_licence",
		"severity": "error",
		"subject": fixture.raw,
		"message": "it is of public origin and names no licence",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
	declared == {"it is of public origin and names no source"} with input as fixture.changed(
		passes,
		["datasets", fixture.raw],
		{"source": "none"},
	)
}

test_the_labs_own_data_need_neither if {
	declared == set() with input as fixture.with_dataset(fixture.raw, {"licence": "none"})
}

test_no_repository_publishes_under_another_licence if {
	rule.location_findings == {{
		"rule": "sharing/public_origin_keeps_licence",
		"severity": "error",
		"subject": fixture.masks_at_bench,
		"message": "zenodo publishes under CC0-1.0, and the data are under CC-BY-4.0",
		"path": [],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as refused
	messages == set() with input as in_idr(fixture.facts)
	messages == set() with input as in_idr(masks(fixture.facts, {"licence": "none"}))
}

test_what_is_made_from_public_data_states_a_licence if {
	declared == {
		"it names no licence, and comes from nf1/raw_images, of public origin",
	} with input as masks(from_public("CC-BY-4.0"), {"licence": "none"})
	declared == {
		"it names no licence, and comes from nf1/raw_images, of public origin",
	} with input as masks(from_public("CC-BY-SA-4.0"), {"licence": "none"})
	declared == set() with input as masks(from_public("CC-BY-4.0"), {"licence": "CC0-1.0"})
}

test_the_conditions_are_handed_on if {
	declared == {
		"it is under CC0-1.0, and comes from nf1/raw_images under CC-BY-SA-4.0, which asks for the same licence",
	} with input as from_public("CC-BY-SA-4.0")
	declared == {
		"it is under CC0-1.0, and comes from nf1/raw_images under CC-BY-NC-4.0, which asks for non-commercial use only",
	} with input as from_public("CC-BY-NC-4.0")
	declared == set() with input as masks(from_public("CC-BY-NC-4.0"), {"licence": "CC-BY-NC-SA-4.0"})
	declared == {
		"it is under CC-BY-NC-4.0, and comes from nf1/raw_images under CC-BY-NC-SA-4.0, which asks for the same licence",
	} with input as masks(from_public("CC-BY-NC-SA-4.0"), {"licence": "CC-BY-NC-4.0"})
}

test_what_may_not_be_adapted_is_kept_and_not_shared if {
	document := from_public("CC-BY-ND-4.0")
	declared == set() with input as document
	declared == {
		"declared public, but CC-BY-ND-4.0 (from nf1/raw_images) lets nothing adapted be shared",
	} with input as masks(document, {"public_terms": ["long"]})

	readable := fixture.changed(document, ["locations", fixture.masks_at_bench], {"readers": [{
		"principal": "anyone",
		"actions": ["read"],
		"path": ["bucket policy"],
	}]})
	rule.location_findings == {{
		"rule": "sharing/public_origin_keeps_licence",
		"severity": "error",
		"subject": fixture.masks_at_bench,
		"message": "anyone can read what is made from nf1/raw_images, whose CC-BY-ND-4.0 lets nothing adapted be shared",
		"path": ["bucket policy"],
		"cure": rule.info.cure,
		"wants": "",
		"waived": "",
	}} with input as readable
}

test_what_may_not_be_adapted_is_shared_as_it_is if {
	document := fixture.changed(from_public("CC-BY-ND-4.0"), ["datasets", fixture.raw], {"public_terms": ["long"]})
	declared == set() with input as document
}

test_an_adaptation_of_what_may_be_adapted_is_shared if {
	declared == set() with input as masks(from_public("CC-BY-4.0"), {"public_terms": ["long"]})
}

test_goes_over_steps if {
	far := {"far/bulk_embeddings": object.union(
		fixture.derived,
		{"project": "far", "parents": [fixture.masks], "licence": "none"},
	)}
	document := fixture.changed(passes, ["datasets"], far)
	{finding.subject | some finding in rule.declared_findings} == {"far/bulk_embeddings"} with input as document
}

all_findings := rule.location_findings | rule.declared_findings

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
# title: What is not known of a dataset is said of the dataset itself, not of its places alone
test_says_of_the_dataset_what_is_not_known if {
	some field in rule.info.reads
	startswith(field, "dataset.")
	some document in fixture.broken(passes, field)
	some finding in rule.declared_findings with input as document
	startswith(finding.message, "cannot be judged: ")
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
