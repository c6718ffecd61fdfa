package slidebox.lib.amounts_test

import data.slidebox.lib.amounts

test_bytes_are_said_in_the_largest_unit_that_fits if {
	every count, words in {
		"0": "0 B",
		"999": "999 B",
		"1000": "1 kB",
		"1999999": "2 MB",
		"1500000000": "1.5 GB",
		"18000000000000": "18 TB",
		"1234000000000000": "1.23 PB",
	} {
		amounts.bytes(to_number(count)) == words
	}
}
