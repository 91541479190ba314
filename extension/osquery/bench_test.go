package osquery

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/extension/internal/thriftsock"
	"github.com/apiwatch/apiwatch/tables"
)

const benchRows = 50_000

// benchColumns are the 20 columns of api_calls that the measurement asks for.
var benchColumns = []string{
	"time", "time_ns", "eid", "api", "success", "exit", "category", "arguments", "pid", "process_key", "path", "name", "cmdline", "cwd", "uid",
	"ppid", "parent_path", "ancestry", "log_source", "provider",
}

func benchQuery(t testing.TB, columns []tables.Column) *tables.Query {
	t.Helper()
	q := &tables.Query{Used: make([]bool, len(columns))}
	n := 0
	for i, c := range columns {
		q.Used[i] = slices.Contains(benchColumns, c.Name)
		if q.Used[i] {
			n++
		}
	}
	if n != 20 {
		t.Fatalf("%d of the 20 columns exist", n)
	}
	return q
}

// TestBigResponse is the promise that osquery gets 50,000 rows of 20 columns in less than a second; the race detector
// and a busy machine are given three, and the best of some tries counts.
func TestBigResponse(t *testing.T) {
	_, remote, local := start(t, bigStore(benchRows), "api_calls")
	q := benchQuery(t, local.Columns)
	const limit = 3 * time.Second
	best := time.Hour
	for try := 0; try < 5 && best > limit; try++ {
		began := time.Now()
		seq, err := remote.Generate(t.Context(), q)
		best = min(best, time.Since(began))
		if err != nil {
			t.Fatal(err)
		}
		n, arguments := 0, local.ColumnIndex("arguments")
		for row := range seq {
			if n++; row.Value(arguments).Text == "" {
				t.Fatalf("row %d has no arguments", row.RowID())
			}
		}
		if n != benchRows {
			t.Errorf("%d rows, want %d", n, benchRows)
		}
	}
	if best > limit {
		t.Errorf("took %s at best", best)
	}
	t.Logf("%d rows of 20 columns in %s", benchRows, best)
}

// BenchmarkRows measures a whole generate call through the socket. "wire" reads the response and drops it, as a reader
// that costs nothing would; "client" decodes it with the generated Go client; "maps" is osquery-go's way of serving:
// a map a row through the generated processor, here with the buffered transport.
func BenchmarkRows(b *testing.B) {
	h, remote, local := start(b, bigStore(benchRows), "api_calls")
	q := benchQuery(b, local.Columns)
	path := h.Path(registered(b, h))
	perRow := func(b *testing.B) {
		b.Helper()
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchRows, "ns/row")
	}
	b.Run("wire", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			drain(b, path, remote.Context(q))
		}
		perRow(b)
	})
	b.Run("client", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			rows, err := h.Generate(b.Context(), "api_calls", remote.Context(q))
			if err != nil || len(rows) != benchRows {
				b.Fatal(len(rows), err)
			}
		}
		perRow(b)
	})
	b.Run("maps", func(b *testing.B) {
		socket := socketPath(b)
		server, err := thriftsock.Listen(socket, gen.NewExtensionProcessor(mapHandler{local}), slog.New(slog.DiscardHandler))
		if err != nil {
			b.Fatal(err)
		}
		defer server.Close(0)
		b.ReportAllocs()
		for b.Loop() {
			drain(b, socket, remote.Context(q))
		}
		perRow(b)
	})
}

// drain makes one call and reads the answer without decoding it.
func drain(b *testing.B, path, context string) {
	b.Helper()
	c, err := net.Dial("unix", path)
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write(rawCall("api_calls", "generate", context)); err != nil {
		b.Fatal(err)
	}
	if err := c.(*net.UnixConn).SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		b.Fatal(err)
	}
	// The answer to a ping behind the call tells where the call's own ends.
	if _, err := c.Write(append(appendString([]byte{0x80, 1, 0, 1}, "ping"), 0, 0, 0, 2, 0)); err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, 1<<20)
	var tail []byte
	total := 0
	for {
		n, err := c.Read(buf)
		if err != nil {
			b.Fatal(err)
		}
		total += n
		tail = append(tail, buf[max(0, n-64):n]...)
		tail = tail[max(0, len(tail)-64):]
		if bytes.Contains(tail, []byte("ping")) { // the method's name in the second answer
			break
		}
	}
	if total < 10<<20 {
		b.Fatalf("only %d bytes came", total)
	}
	b.SetBytes(int64(total))
}

// mapHandler answers as osquery-go's table plugin does.
type mapHandler struct{ t *tables.Table }

func (h mapHandler) Ping(context.Context) (*gen.ExtensionStatus, error) {
	return &gen.ExtensionStatus{}, nil
}

func (h mapHandler) Shutdown(context.Context) error { return nil }

func (h mapHandler) Call(ctx context.Context, _, _ string, request gen.ExtensionPluginRequest) (*gen.ExtensionResponse, error) {
	q, err := parseContext(request["context"], h.t.Columns)
	if err != nil {
		return nil, err
	}
	seq, err := h.t.Generate(ctx, q)
	if err != nil {
		return nil, err
	}
	var rows []map[string]string
	for row := range seq {
		m := make(map[string]string, 21)
		for i, c := range h.t.Columns {
			if q.Uses(i) {
				m[c.Name] = row.Value(i).String()
			}
		}
		rows = append(rows, m)
	}
	return &gen.ExtensionResponse{Status: &gen.ExtensionStatus{}, Response: rows}, nil
}

// BenchmarkEncode is the part of it that is ours alone: rows to bytes, without a socket.
func BenchmarkEncode(b *testing.B) {
	all := tables.All(&tables.Data{Store: bigStore(benchRows)})
	p := newProcessor(all, slog.New(slog.DiscardHandler))
	local := localTable(b, all, "api_calls")
	pl := p.plugins[local.Name]
	q := benchQuery(b, local.Columns)
	var columns []int
	for i := range local.Columns {
		if q.Uses(i) {
			columns = append(columns, i)
		}
	}
	b.ReportAllocs()
	var buf []byte
	for b.Loop() {
		seq, err := local.Generate(b.Context(), q)
		if err != nil {
			b.Fatal(err)
		}
		for row := range seq {
			if buf, err = p.appendRow(buf[:0], pl, row, columns); err != nil {
				b.Fatal(err)
			}
			_, _ = io.Discard.Write(buf)
		}
	}
	runtime.KeepAlive(buf)
}
