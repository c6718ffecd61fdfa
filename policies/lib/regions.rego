# METADATA
# scope: package
# title: Regions
package slidebox.lib.regions

# METADATA
# title: Whether a region is among some
# description: A pattern that ends in `*` stands for all regions that begin so.
within(region, regions) if region in regions

within(region, regions) if {
	region != "none"
	some pattern in regions
	endswith(pattern, "*")
	startswith(region, trim_suffix(pattern, "*"))
}
