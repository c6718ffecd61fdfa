package slidebox.lib.amounts_test

import data.slidebox.lib.amounts

test_bytes_are_said_in_the_largest_unit_that_fits if {
	every count, words in {
		"0": "0 B",
		"999": "999 B",
		"1000": "1 kB",
		"999999": "1000 kB",
		"1000000": "1 MB",
		"1999999": "2 MB",
		"999999999": "1000 MB",
		"1000000000": "1 GB",
		"1500000000": "1.5 GB",
		"999999999999": "1000 GB",
		"1000000000000": "1 TB",
		"18000000000000": "18 TB",
		"999999999999999": "1000 TB",
		"1000000000000000": "1 PB",
		"1234000000000000": "1.23 PB",
	} {
		amounts.bytes(to_number(count)) == words
	}
}
