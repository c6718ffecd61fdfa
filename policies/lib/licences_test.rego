package slidebox.lib.licences_test

import data.slidebox.lib.licences

test_reads_the_conditions_from_the_name if {
	licences.conditions("CC-BY-NC-SA-4.0") == {"NC", "SA"}
	licences.conditions("cc-by-nd-4.0") == {"ND"}
	licences.conditions("ODbL-1.0") == {"SA"}
	licences.conditions("CC0-1.0") == set()
	licences.conditions("NCSA") == set()
	licences.conditions("none") == set()
}

test_a_family_has_no_version if {
	licences.family("CC-BY-SA-3.0") == "CC-BY-SA"
	licences.family("CC0-1.0") == "CC0"
	licences.family("MIT") == "MIT"
}

test_every_condition_has_words if object.keys(licences.in_words) == {"SA", "NC", "ND"}

test_an_expression_lets_one_choose if {
	licences.choices("CC0-1.0 OR CC-BY-4.0") == {"CC0-1.0", "CC-BY-4.0"}
	licences.choices("CC0-1.0") == {"CC0-1.0"}
}
