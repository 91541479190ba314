package tables

import (
	"github.com/apiwatch/apiwatch/collectors/event"
)

func networkFlows(d *Data) *Table {
	flow := func(e ev) *event.Flow {
		if f, ok := e.Detail.(*event.Flow); ok {
			return f
		}
		return &event.Flow{}
	}
	return eventView{
		Name:        "network_flows",
		Description: "Connections that processes asked for.",
		Component:   "DC0082 Network Connection Creation, DC0085 Network Traffic Content, DC0078 Network Traffic Flow",
		Platforms:   []string{"linux"},
		Kinds:       []event.Kind{event.KindNetworkFlow},
		Examples: []string{
			"SELECT time, path, remote_address, remote_port FROM network_flows WHERE family = 'inet' AND remote_address NOT LIKE '127.%'",
		},
		Columns: []column[ev]{
			text("family", "inet, inet6 or unix.", func(e ev) string { return flow(e).Family }),
			text("protocol", "tcp or udp; empty where the source does not say.", func(e ev) string { return flow(e).Protocol }),
			text("local_address", "Local address, where the source says.", func(e ev) string { return flow(e).LocalAddress }),
			integer("local_port", "Local port, 0 if unknown.", func(e ev) int64 { return int64(flow(e).LocalPort) }),
			text("remote_address", "Address connected to, or the path of a unix socket.", func(e ev) string { return flow(e).RemoteAddress }),
			integer("remote_port", "Port connected to.", func(e ev) int64 { return int64(flow(e).RemotePort) }),
		},
	}.table(d)
}
