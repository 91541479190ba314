package engine

import (
	"slices"

	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/audit"
	"github.com/apiwatch/apiwatch/collectors/bpf"
	"github.com/apiwatch/apiwatch/collectors/etw"
	"github.com/apiwatch/apiwatch/collectors/eventlog/live"
	"github.com/apiwatch/apiwatch/collectors/procconn"
	"github.com/apiwatch/apiwatch/collectors/procfs"
	"github.com/apiwatch/apiwatch/collectors/winproc"
)

// Feeds lists what the collectors of every platform deliver, and on what condition. A new collector is one line here.
func Feeds() []collectors.Feed {
	return slices.Concat(
		audit.Feeds(),
		bpf.Feeds(),
		procconn.Feeds(),
		procfs.Feeds(),
		live.Feeds(),
		etw.Feeds(),
		winproc.Feeds(),
	)
}
