package osquery

import (
	"context"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/apache/thrift/lib/go/thrift"
	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/tables"
)

// callFunction reads a call, answers it, and writes rows straight to the wire. The generated code wants a map for each
// row first, which for 50,000 rows of 20 columns takes 2.3 times as long and holds 60 MB more (BenchmarkRows).
func (p *processor) callFunction() thrift.TProcessorFunction { return callFunction{p} }

type callFunction struct{ p *processor }

// connectionCheck is how often a running call looks whether its client is still there.
const connectionCheck = 100 * time.Millisecond

// Process implements thrift.TProcessorFunction.
func (f callFunction) Process(ctx context.Context, seqID int32, in, out thrift.TProtocol) (bool, thrift.TException) {
	registry, item, request, err := readCall(ctx, in)
	if err != nil {
		return false, thrift.WrapTException(err) // the stream is out of step: the connection ends
	}
	callCtx, stop := whileOpen(ctx, in.Transport())
	a := f.p.call(callCtx, registry, item, request)
	stop()
	if err := f.p.write(ctx, seqID, a, out); err != nil {
		return false, thrift.WrapTException(err)
	}
	return true, nil
}

// whileOpen gives a context that ends when the client leaves. stop returns once nobody looks at the connection any more.
func whileOpen(ctx context.Context, t thrift.TTransport) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(connectionCheck)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if !t.IsOpen() {
					cancel()
				}
			}
		}
	}()
	return ctx, func() {
		cancel()
		<-done
	}
}

// readCall reads the arguments of `call`. The generated code allocates a map of whatever size the client claims.
func readCall(ctx context.Context, in thrift.TProtocol) (registry, item string, request map[string]string, err error) {
	request = make(map[string]string)
	for {
		_, typ, id, err := in.ReadFieldBegin(ctx)
		if err != nil {
			return "", "", nil, err
		}
		switch {
		case typ == thrift.STOP:
			return registry, item, request, in.ReadMessageEnd(ctx)
		case id == 1 && typ == thrift.STRING:
			registry, err = in.ReadString(ctx)
		case id == 2 && typ == thrift.STRING:
			item, err = in.ReadString(ctx)
		case id == 3 && typ == thrift.MAP:
			err = readMap(ctx, in, request)
		default:
			err = in.Skip(ctx, typ)
		}
		if err != nil {
			return "", "", nil, err
		}
	}
}

func readMap(ctx context.Context, in thrift.TProtocol, m map[string]string) error {
	_, _, n, err := in.ReadMapBegin(ctx)
	if err != nil {
		return err
	}
	for range n {
		k, err := in.ReadString(ctx)
		if err != nil {
			return err
		}
		if m[k], err = in.ReadString(ctx); err != nil {
			return err
		}
	}
	return in.ReadMapEnd(ctx)
}

// write sends the ExtensionResponse: first the rows, then the status, because a cell may yet fail while it is computed.
// The rows that then remain are empty, and osquery reports the status instead.
func (p *processor) write(ctx context.Context, seqID int32, a answer, out thrift.TProtocol) error {
	var err error
	do := func(e error) {
		if err == nil {
			err = e
		}
	}
	do(out.WriteMessageBegin(ctx, "call", thrift.REPLY, seqID))
	do(out.WriteFieldBegin(ctx, "success", thrift.STRUCT, 0))
	do(out.WriteFieldBegin(ctx, "response", thrift.LIST, 2))
	do(out.WriteListBegin(ctx, thrift.MAP, len(a.routes)+len(a.rows)))
	var buf []byte
	for _, r := range a.routes {
		buf = appendMapHeader(buf[:0], len(r))
		for k, v := range r {
			buf = appendString(appendString(buf, k), v)
		}
		_, e := out.Transport().Write(buf)
		do(e)
	}
	for _, row := range a.rows {
		if err != nil {
			return err
		}
		if a.err == nil {
			buf, a.err = p.appendRow(buf[:0], a.plugin, row, a.columns)
		}
		if a.err != nil {
			buf = appendMapHeader(buf[:0], 0)
		}
		_, err = out.Transport().Write(buf)
	}
	status := &gen.ExtensionStatus{Code: int32(gen.ExtensionCode_EXT_SUCCESS), Message: "OK"}
	if a.err != nil {
		status.Code, status.Message = int32(gen.ExtensionCode_EXT_FAILED), a.err.Error()
	}
	do(out.WriteFieldBegin(ctx, "status", thrift.STRUCT, 1))
	do(status.Write(ctx, out))
	do(out.WriteFieldStop(ctx)) // ExtensionResponse
	do(out.WriteFieldStop(ctx)) // the call's result
	do(out.WriteMessageEnd(ctx))
	do(out.Flush(ctx))
	return err
}

// appendRow encodes a row as a map of strings. osquery merges the branches of an OR by "rowid" (osquery#7066).
func (p *processor) appendRow(buf []byte, pl *plugin, row tables.Row, columns []int) (_ []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = p.panicked(pl, r)
		}
	}()
	buf = appendMapHeader(buf, len(columns)+1)
	buf = appendString(buf, "rowid")
	buf = appendInt(buf, row.RowID())
	for _, i := range columns {
		buf = append(buf, pl.keys[i]...)
		switch v := row.Value(i); v.Kind {
		case tables.TextValue:
			buf = appendString(buf, v.Text)
		case tables.IntValue:
			buf = appendInt(buf, v.Int)
		case tables.FloatValue, tables.Null:
			buf = appendString(buf, v.String())
		}
	}
	return buf, nil
}

func appendMapHeader(b []byte, n int) []byte {
	return binary.BigEndian.AppendUint32(append(b, thrift.STRING, thrift.STRING), uint32(n))
}

func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

func appendInt(b []byte, n int64) []byte {
	at := len(b)
	b = strconv.AppendInt(append(b, 0, 0, 0, 0), n, 10)
	binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	return b
}
