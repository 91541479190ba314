package osquery

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/tables"
)

// A column's options in osquery's words (osquery/core/sql/column.h). HIDDEN alone is never pushed down, and what a
// column without any gets depends on a flag of osquery's, so every column states INDEX.
const (
	optionIndex     = 1
	optionOptimized = 8
	optionHidden    = 16
)

// processor answers osquery's calls. It takes the place of the generated processor for `call` only.
type processor struct {
	*gen.ExtensionProcessor
	names    []string
	plugins  map[string]*plugin
	log      *slog.Logger
	shutdown chan struct{} // receives once osquery asks us to end
}

// plugin is a table as osquery sees it.
type plugin struct {
	*tables.Table
	routes gen.ExtensionPluginResponse
	keys   [][]byte // each column's name as the response holds it
}

func newProcessor(all []*tables.Table, log *slog.Logger) *processor {
	p := &processor{plugins: make(map[string]*plugin), log: log, shutdown: make(chan struct{}, 1)}
	p.ExtensionProcessor = gen.NewExtensionProcessor(handler{p})
	p.AddToProcessorMap("call", p.callFunction())
	for _, t := range all {
		pl := &plugin{Table: t, routes: routes(t)}
		for i := range t.Columns {
			pl.keys = append(pl.keys, appendString(nil, t.Columns[i].Name))
		}
		p.names = append(p.names, t.Name)
		p.plugins[t.Name] = pl
	}
	slices.Sort(p.names)
	return p
}

// begin forgets a shutdown that was asked of an earlier session.
func (p *processor) begin() {
	select {
	case <-p.shutdown:
	default:
	}
}

// routes describe a table's columns. Event semantics would be one more route, {"id": "attributes", "attributes": "4"}.
func routes(t *tables.Table) gen.ExtensionPluginResponse {
	out := make(gen.ExtensionPluginResponse, len(t.Columns))
	for i, c := range t.Columns {
		op := optionIndex
		if c.Optimized {
			op |= optionOptimized
		}
		if c.Hidden {
			op |= optionHidden
		}
		out[i] = map[string]string{"id": "column", "name": c.Name, "type": string(c.Type), "op": strconv.Itoa(op)}
	}
	return out
}

func (p *processor) registry() gen.ExtensionRegistry {
	all := make(gen.ExtensionRouteTable, len(p.plugins))
	for name, pl := range p.plugins {
		all[name] = pl.routes
	}
	return gen.ExtensionRegistry{"table": all}
}

// answer is what a call results in.
type answer struct {
	plugin *plugin
	// Either routes, sent as they are, or rows with their columns.
	routes  gen.ExtensionPluginResponse
	rows    []tables.Row
	columns []int
	err     error
}

// readOnly makes osquery say that the table may not be modified.
var readOnly = gen.ExtensionPluginResponse{{"status": "readonly"}}

// call answers one request of osquery's.
func (p *processor) call(ctx context.Context, registry, item string, request map[string]string) (a answer) {
	if registry != "table" {
		a.err = fmt.Errorf("apiwatch has tables only, not the registry %q", registry)
		return a
	}
	pl := p.plugins[item]
	if pl == nil {
		a.err = fmt.Errorf("apiwatch has no table %q", item)
		return a
	}
	a.plugin = pl
	switch action := request["action"]; action {
	case "columns":
		a.routes = pl.routes
	case "generate":
		began := time.Now()
		a.rows, a.columns, a.err = p.generate(ctx, pl, request["context"])
		p.log.Debug("generated", "table", item, "rows", len(a.rows), "took", time.Since(began))
	case "insert", "update", "delete":
		a.routes = readOnly
	default:
		a.err = fmt.Errorf("table %s: unknown action %q", item, action)
	}
	return a
}

// generate collects a table's rows: a response states their number before the first. Cells are computed when the
// response is written.
func (p *processor) generate(ctx context.Context, pl *plugin, text string) (rows []tables.Row, columns []int, err error) {
	defer func() {
		if r := recover(); r != nil {
			rows, columns, err = nil, nil, p.panicked(pl, r)
		}
	}()
	q, err := parseContext(text, pl.Columns)
	if err != nil {
		return nil, nil, fmt.Errorf("table %s: %w", pl.Name, err)
	}
	for i := range pl.Columns {
		if q.Uses(i) {
			columns = append(columns, i)
		}
	}
	seq, err := pl.Generate(ctx, q)
	if err != nil {
		return nil, nil, fmt.Errorf("table %s: %w", pl.Name, err)
	}
	for row := range seq {
		rows = append(rows, row)
	}
	if err := ctx.Err(); err != nil { // the rows may be incomplete
		return nil, nil, fmt.Errorf("table %s: %w", pl.Name, err)
	}
	return rows, columns, nil
}

func (p *processor) panicked(pl *plugin, r any) error {
	p.log.Error("a table panicked", "table", pl.Name, "panic", r, "stack", string(debug.Stack()))
	return fmt.Errorf("table %s failed: %v; the extension's log has the details, please report it", pl.Name, r)
}

// handler serves what the generated processor still handles.
type handler struct{ p *processor }

func (h handler) Ping(context.Context) (*gen.ExtensionStatus, error) {
	return &gen.ExtensionStatus{Code: int32(gen.ExtensionCode_EXT_SUCCESS), Message: "OK"}, nil
}

func (h handler) Shutdown(context.Context) error {
	h.p.log.Info("osquery asked us to shut down")
	select {
	case h.p.shutdown <- struct{}{}:
	default:
	}
	return nil
}

// Call is never reached: callFunction takes its place.
func (h handler) Call(context.Context, string, string, gen.ExtensionPluginRequest) (*gen.ExtensionResponse, error) {
	return nil, thrift.NewTApplicationException(thrift.UNKNOWN_METHOD, "call")
}
