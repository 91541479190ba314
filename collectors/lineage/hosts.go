package lineage

import (
	"github.com/apiwatch/apiwatch/collectors"
	"github.com/apiwatch/apiwatch/collectors/event"
)

// hosts keeps the processes of hosts that a source tells of beside this machine, each by itself: a number means another process on each.
// Nobody can be asked about them.
type hosts map[string]*otherHost

type otherHost struct {
	*Lineage
	lastNS int64 // time of its newest event
}

// maxHosts bounds how many hosts are kept; the one that was silent for longest goes.
const maxHosts = 256

func (h *hosts) of(host *event.Host, timeNS int64) *Lineage {
	o := (*h)[host.Name]
	if o == nil {
		if *h == nil {
			*h = make(hosts)
		}
		if len(*h) >= maxHosts {
			h.forgetOldest()
		}
		o = &otherHost{Lineage: of(collectors.NoHost{})}
		o.boot = host.Name
		(*h)[host.Name] = o
	}
	o.lastNS = max(o.lastNS, timeNS)
	return o.Lineage
}

// On gives the processes of a host, nil for this machine.
func (l *Lineage) On(host *event.Host, timeNS int64) *Lineage {
	if host == nil {
		return l
	}
	return l.others.of(host, timeNS)
}

func (h *hosts) forgetOldest() {
	oldest := ""
	for name, o := range *h {
		if was := (*h)[oldest]; was == nil || o.lastNS < was.lastNS {
			oldest = name
		}
	}
	delete(*h, oldest)
}

// add adds the hosts' counters, those of questions apart, to which nobody would have had an answer.
func (h *hosts) add(s *Stats) {
	s.Hosts = len(*h)
	for _, o := range *h {
		s.Processes += uint64(len(o.procs))
		s.Unknown += o.stats.Unknown
	}
}
