package procfs

import "github.com/apiwatch/apiwatch/collectors"

// Feeds declares what /proc delivers of its own: the live state of memory and code, of descriptors, and of who traces whom.
func Feeds() []collectors.Feed {
	return []collectors.Feed{{
		Platform: "linux", LogSources: []string{"linux:procfs"}, Name: "/proc",
		Needs: []collectors.Item{{Collector: "procfs", Item: "processes"}},
		Deliveries: []collectors.Delivery{
			{Table: "code_patches"},
			{Table: "open_sensitive_files"},
			{Table: "rwx_mappings"},
			{Table: "tracer_state"},
		},
	}}
}
