package slidebox.lib.duo_test

import data.slidebox.lib.duo
import data.slidebox.lib.fixture_test as fixture

general := "DUO:0000042"

under(terms) := fixture.with_dataset(fixture.raw, {"duo": terms})

test_terms_and_modifiers_are_those_of_the_ontology if {
	count(duo.permissions) == 5
	count(duo.modifiers) == 18
	object.keys(duo.permissions) & object.keys(duo.modifiers) == set()
}

test_most_data_have_none if duo.terms == {} with input as fixture.facts

test_terms_hold_for_all_that_is_made_from_the_data if {
	duo.terms == {
		fixture.raw: {general: {fixture.raw}},
		fixture.masks: {general: {fixture.raw}},
	} with input as under([general])
}

test_a_deidentification_cuts_nothing if {
	document := fixture.changed(under([general]), ["datasets", fixture.masks], {"deidentification": {
		"recorded": true,
		"missing": [],
		"method": "expert_determination",
		"identifiers": [],
	}})
	duo.terms[fixture.masks] == {general: {fixture.raw}} with input as document
}

test_says_from_where_each_term_comes if {
	document := fixture.changed(under([general, "DUO:0000021"]), ["datasets", fixture.masks], {"duo": [general]})
	duo.terms[fixture.masks] == {
		general: {fixture.raw, fixture.masks},
		"DUO:0000021": {fixture.raw},
	} with input as document
	duo.bearing == {fixture.raw, fixture.masks} with input as document
}

test_says_a_term_in_words if {
	duo.in_words(general) == "DUO:0000042 (general research use)"
	duo.in_words("DUO:0000027") == "DUO:0000027 (project-specific restriction)"
	duo.in_words("DUO:0000099") == "DUO:0000099 (not a term that is known here)"
}
