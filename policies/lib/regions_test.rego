package slidebox.lib.regions_test

import data.slidebox.lib.regions

test_a_region_is_among_some_by_its_name_or_by_a_pattern if {
	regions.within("us-east-1", ["eu-west-1", "us-east-1"])
	regions.within("us-east-1", ["us-*"])
	regions.within("us-east-1", ["*"])
	not regions.within("us-east-1", [])
	not regions.within("us-east-1", ["us", "us-", "us-east-2*", "eu-*"])
}

test_a_region_nobody_has_said_is_in_none if not regions.within("none", ["*"])
