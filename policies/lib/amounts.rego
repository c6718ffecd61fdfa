# METADATA
# scope: package
# title: Amounts in words
package slidebox.lib.amounts

# METADATA
# title: A number of bytes in words
bytes(count) := sprintf("%v %s", [round((count / scale.bytes) * 100) / 100, scale.name]) if {
	scale := [step | some step in scales; count >= step.bytes][0]
} else := sprintf("%v B", [count])

scales := [
	{"name": "PB", "bytes": 1000000000000000},
	{"name": "TB", "bytes": 1000000000000},
	{"name": "GB", "bytes": 1000000000},
	{"name": "MB", "bytes": 1000000},
	{"name": "kB", "bytes": 1000},
]
