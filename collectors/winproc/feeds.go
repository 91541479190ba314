package winproc

import "github.com/apiwatch/apiwatch/collectors"

// Feeds declares what running processes tell of themselves: the live state of memory, tokens and threads.
func Feeds() []collectors.Feed {
	var out []collectors.Feed
	for _, f := range []struct{ item, table string }{
		{itemMappings, "rwx_mappings"}, {itemTokens, "process_tokens"}, {itemThreads, "thread_starts"},
	} {
		out = append(out, collectors.Feed{
			Platform: "windows", Name: "the scan of " + f.item, Needs: []collectors.Item{{Collector: "winproc", Item: f.item}},
			Deliveries: []collectors.Delivery{{Table: f.table}},
		})
	}
	return out
}
