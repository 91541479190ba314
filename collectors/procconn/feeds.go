package procconn

import "github.com/apiwatch/apiwatch/collectors"

// Feeds declares what the process connector delivers of its own: programs started, while audit reports none, and processes that ended.
func Feeds() []collectors.Feed {
	return []collectors.Feed{{
		Platform: "linux", LogSources: []string{"linux:procevents"}, Name: "the process connector",
		Needs:      []collectors.Item{{Collector: "process_connector", Item: "socket"}},
		Deliveries: []collectors.Delivery{{Table: "process_starts"}},
		APIs:       []string{"execve"},
		Part:       collectors.Execution,
		Lacks:      "programs come from the process connector instead, which may miss those that end within milliseconds",
	}, {
		Platform: "linux", LogSources: []string{"linux:procevents"}, Name: "the process connector",
		Needs: []collectors.Item{{Collector: "process_connector", Item: "socket"}}, APIs: []string{"exit"}, Part: collectors.Ends,
	}}
}
