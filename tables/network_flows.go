package tables

import (
	"strconv"

	"github.com/apiwatch/apiwatch/collectors/event"
	"github.com/apiwatch/apiwatch/collectors/names/windows"
)

func networkFlows(d *Data) *Table {
	flow := func(e ev) *event.Flow {
		switch f := e.Detail.(type) {
		case *event.Flow:
			return f
		case *event.NamedFlow:
			return &f.Flow
		}
		return &event.Flow{}
	}
	remoteAddress := text("remote_address", "Address connected to, or the path of a unix socket.",
		func(e ev) string { return flow(e).RemoteAddress })
	return eventView{
		Name:        "network_flows",
		Description: "Connections that processes asked for or took, and on Windows the names they asked DNS for.",
		Component:   "DC0082 Network Connection Creation, DC0085 Network Traffic Content, DC0078 Network Traffic Flow",
		Kinds:       []event.Kind{event.KindNetworkFlow},
		Examples: []string{
			"SELECT time, path, remote_address, remote_port FROM network_flows WHERE family = 'inet' AND remote_address NOT LIKE '127.%'",
		},
		Columns: []column[ev]{
			text("family", "inet, inet6 or unix.", func(e ev) string { return flow(e).Family }),
			text("protocol", "tcp or udp, dns for a name asked for, http or https for a transfer of the background service; "+
				"empty where the source does not say.", func(e ev) string { return flow(e).Protocol }),
			text("local_address", "Local address, where the source says.", func(e ev) string { return flow(e).LocalAddress }),
			integer("local_port", "Local port, 0 if unknown.", func(e ev) int64 { return int64(flow(e).LocalPort) }),
			remoteAddress, outside(remoteAddress),
			integer("remote_port", "Port connected to.", func(e ev) int64 { return int64(flow(e).RemotePort) }),
			optimized(text("remote_host", "Windows: name of the remote host, or the name asked for.",
				func(e ev) string { return detailOf[event.NamedFlow](e).RemoteHost })),
			integer("is_inbound", "1 if the other side asked for the connection.",
				func(e ev) int64 { return b2i(detailOf[event.NamedFlow](e).Inbound) }),
			text("url", "Windows: what a transfer of the background service asks for.",
				func(e ev) string { return detailOf[event.NamedFlow](e).URL }),
			text("dns_results", "What DNS answered.", func(e ev) string { return detailOf[event.NamedFlow](e).Results }),
			text("dns_status", "Windows: status of the query, 0 for success.", func(e ev) string { return detailOf[event.NamedFlow](e).Status }),
			text("dns_status_name", "Its name, such as DNS_ERROR_RCODE_NAME_ERROR.", dnsStatusName),
		},
	}.table(d)
}

func dnsStatusName(e ev) string {
	code, err := strconv.ParseUint(detailOf[event.NamedFlow](e).Status, 10, 32)
	if err != nil {
		return ""
	}
	return windows.ErrorName(code)
}
