// Package osquerytest is a stand-in for osqueryd in tests: it speaks the extension manager's Thrift protocol over a real
// unix socket, takes registrations, pings its extensions, and calls their tables with the JSON that osquery builds.
//
// It is as strict as osqueryd where osqueryd is: a second extension of a name and a table of a name that osquery has are
// refused, and one failed ping deregisters.
package osquerytest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/extension/internal/thriftsock"
)

// Options configure a Host.
type Options struct {
	// Interval is how often the extensions are pinged, osquery's --extensions_interval; 0 means 3 s.
	Interval time.Duration
	// Respawn is how long after its end an autoloaded extension is started again; 0 means at the next interval.
	Respawn time.Duration
	// Flags are osquery's flags as an extension may ask for them.
	Flags map[string]string
	// Query answers an extension's own SQL; nil refuses it.
	Query  func(sql string) ([]map[string]string, error)
	Logger *slog.Logger
}

// callTimeout is how long an extension may take to answer.
const callTimeout = 30 * time.Second

// Host is an extension manager. It is safe for concurrent use.
type Host struct {
	o      Options
	socket string
	server *thriftsock.Server
	cancel context.CancelFunc
	wg     sync.WaitGroup
	calls  atomic.Int64
	rows   atomic.Int64
	ending atomic.Bool // nothing is started again

	mu         sync.Mutex
	extensions map[gen.ExtensionRouteUUID]*extension
	changed    chan struct{} // closed and replaced when extensions changes
	refusals   int
}

type extension struct {
	info   gen.InternalExtensionInfo
	routes gen.ExtensionRouteTable // of the registry "table"
}

// Listen starts a manager on a socket.
func Listen(socket string, o Options) (*Host, error) {
	if o.Interval <= 0 {
		o.Interval = 3 * time.Second
	}
	if o.Respawn <= 0 {
		o.Respawn = o.Interval
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h := &Host{
		o: o, socket: socket, cancel: cancel,
		extensions: make(map[gen.ExtensionRouteUUID]*extension), changed: make(chan struct{}),
	}
	server, err := thriftsock.Listen(socket, gen.NewExtensionManagerProcessor(manager{h}), o.Logger)
	if err != nil {
		cancel()
		return nil, err
	}
	h.server = server
	h.wg.Go(func() { h.watch(ctx) })
	return h, nil
}

// Close ends the manager without a word to its extensions, as a crash would.
func (h *Host) Close() {
	h.ending.Store(true)
	h.cancel()
	h.server.Close(0)
	h.wg.Wait()
}

// Shutdown asks every extension to end, as osqueryd does when it stops in order, and then closes.
func (h *Host) Shutdown(ctx context.Context) error {
	h.ending.Store(true)
	var errs []error
	for uuid := range h.Extensions() {
		errs = append(errs, h.dial(ctx, gen.ExtensionRouteUUID(uuid), callTimeout, func(c *gen.ExtensionClient) error {
			return c.Shutdown(ctx)
		}))
	}
	h.Close()
	return errors.Join(errs...)
}

// Extensions gives the name of every registered extension by its id.
func (h *Host) Extensions() map[int64]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := make(map[int64]string, len(h.extensions))
	for uuid, e := range h.extensions {
		out[int64(uuid)] = e.info.Name
	}
	return out
}

// Refusals counts the registrations that were turned down.
func (h *Host) Refusals() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refusals
}

// Wait returns the id of the extension of a name as soon as it is registered and answers pings.
func (h *Host) Wait(ctx context.Context, name string) (int64, error) {
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		for uuid, n := range h.Extensions() {
			if n != name {
				continue
			}
			if h.ping(ctx, gen.ExtensionRouteUUID(uuid)) == nil {
				return uuid, nil
			}
		}
		select {
		case <-changed:
		case <-time.After(5 * time.Millisecond): // registered, and not yet listening
		case <-ctx.Done():
			return 0, fmt.Errorf("waiting for extension %s: %w", name, ctx.Err())
		}
	}
}

// Gone returns when no extension of a name is registered any more.
func (h *Host) Gone(ctx context.Context, name string) error {
	for {
		h.mu.Lock()
		changed := h.changed
		h.mu.Unlock()
		found := false
		for _, n := range h.Extensions() {
			found = found || n == name
		}
		if !found {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for extension %s to leave: %w", name, ctx.Err())
		}
	}
}

// Forget drops an extension without telling it, as osqueryd does after one failed ping.
func (h *Host) Forget(uuid int64) { h.remove(gen.ExtensionRouteUUID(uuid)) }

func (h *Host) remove(uuid gen.ExtensionRouteUUID) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.extensions[uuid] == nil {
		return false
	}
	delete(h.extensions, uuid)
	h.announce()
	return true
}

func (h *Host) announce() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// watch pings every extension at each interval.
func (h *Host) watch(ctx context.Context) {
	ticker := time.NewTicker(h.o.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for uuid, name := range h.Extensions() {
			if err := h.ping(ctx, gen.ExtensionRouteUUID(uuid)); err != nil && ctx.Err() == nil {
				h.o.Logger.Info("an extension has gone away", "name", name, "uuid", uuid, "error", err)
				h.remove(gen.ExtensionRouteUUID(uuid))
			}
		}
	}
}

func (h *Host) ping(ctx context.Context, uuid gen.ExtensionRouteUUID) error {
	return h.dial(ctx, uuid, time.Second, func(c *gen.ExtensionClient) error {
		status, err := c.Ping(ctx)
		if err == nil && status.Code != 0 {
			err = fmt.Errorf("ping: status %d: %s", status.Code, status.Message)
		}
		return err
	})
}

func (h *Host) dial(ctx context.Context, uuid gen.ExtensionRouteUUID, timeout time.Duration, f func(*gen.ExtensionClient) error) error {
	p, done, err := thriftsock.Dial(ctx, h.Path(int64(uuid)), timeout)
	if err != nil {
		return err
	}
	defer done()
	return f(gen.NewExtensionClientProtocol(p.Transport(), p, p))
}

// Path is the socket that an extension listens on.
func (h *Host) Path(uuid int64) string { return fmt.Sprintf("%s.%d", h.socket, uuid) }

// Call sends one request to whichever extension has the table.
func (h *Host) Call(ctx context.Context, table string, request map[string]string) (*gen.ExtensionResponse, error) {
	uuid, _, ok := h.find(table)
	if !ok {
		return nil, fmt.Errorf("no such table: %s", table)
	}
	var response *gen.ExtensionResponse
	err := h.dial(ctx, uuid, callTimeout, func(c *gen.ExtensionClient) (err error) {
		response, err = c.Call(ctx, "table", table, request)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("calling table %s: %w", table, err)
	}
	if response.Status == nil {
		return nil, fmt.Errorf("calling table %s: the response has no status", table)
	}
	return response, nil
}

// Generate calls a table with a query context in JSON and gives its rows as they came.
func (h *Host) Generate(ctx context.Context, table, contextJSON string) ([]map[string]string, error) {
	h.calls.Add(1)
	response, err := h.Call(ctx, table, map[string]string{"action": "generate", "context": contextJSON})
	if err != nil {
		return nil, err
	}
	if response.Status.Code != 0 {
		return nil, fmt.Errorf("table %s: status %d: %s", table, response.Status.Code, response.Status.Message)
	}
	h.rows.Add(int64(len(response.Response)))
	return response.Response, nil
}

// Counts gives how many generate calls were made and how many rows came back since the last Reset.
func (h *Host) Counts() (calls, rows int64) { return h.calls.Load(), h.rows.Load() }

// Reset sets the counts to 0.
func (h *Host) Reset() {
	h.calls.Store(0)
	h.rows.Store(0)
}

func (h *Host) find(table string) (gen.ExtensionRouteUUID, gen.ExtensionPluginResponse, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for uuid, e := range h.extensions {
		if routes, ok := e.routes[table]; ok {
			return uuid, routes, true
		}
	}
	return 0, nil, false
}

// manager answers extensions.
type manager struct{ h *Host }

func (m manager) Ping(context.Context) (*gen.ExtensionStatus, error) {
	return &gen.ExtensionStatus{Message: "pong"}, nil
}

func (m manager) Call(_ context.Context, registry, item string, _ gen.ExtensionPluginRequest) (*gen.ExtensionResponse, error) {
	return &gen.ExtensionResponse{Status: failure("the test host has no plugin " + registry + "/" + item)}, nil
}

func (m manager) Shutdown(context.Context) error { return nil }

func (m manager) Extensions(context.Context) (gen.InternalExtensionList, error) {
	m.h.mu.Lock()
	defer m.h.mu.Unlock()
	out := make(gen.InternalExtensionList, len(m.h.extensions))
	for uuid, e := range m.h.extensions {
		out[uuid] = &e.info
	}
	return out, nil
}

func (m manager) Options(context.Context) (gen.InternalOptionList, error) {
	out := make(gen.InternalOptionList, len(m.h.o.Flags))
	for name, value := range m.h.o.Flags {
		out[name] = &gen.InternalOptionInfo{Value: value, DefaultValue: value, Type: "string"}
	}
	return out, nil
}

func failure(message string) *gen.ExtensionStatus {
	return &gen.ExtensionStatus{Code: int32(gen.ExtensionCode_EXT_FAILED), Message: message}
}

func (m manager) RegisterExtension(_ context.Context, info *gen.InternalExtensionInfo,
	registry gen.ExtensionRegistry,
) (*gen.ExtensionStatus, error) {
	h := m.h
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.extensions {
		if e.info.Name == info.GetName() {
			h.refusals++
			return failure("Duplicate extension registered"), nil
		}
	}
	// osqueryd's message does not say which table it was; the host's log does, as osqueryd's does.
	if err := h.admissible(registry); err != nil {
		h.refusals++
		h.o.Logger.Info("refusing an extension", "name", info.GetName(), "error", err)
		return failure("Failed adding registry broadcast"), nil
	}
	uuid := gen.ExtensionRouteUUID(rand.N(1 << 16))
	for uuid == 0 || h.extensions[uuid] != nil {
		uuid = gen.ExtensionRouteUUID(rand.N(1 << 16))
	}
	h.extensions[uuid] = &extension{info: *info, routes: registry["table"]}
	h.announce()
	return &gen.ExtensionStatus{Message: "OK", UUID: uuid}, nil
}

// columnTypes are the types that osquery knows.
var columnTypes = []string{"TEXT", "INTEGER", "BIGINT", "UNSIGNED BIGINT", "DOUBLE", "BLOB"}

// admissible checks what osqueryd checks when it attaches an extension's tables.
func (h *Host) admissible(registry gen.ExtensionRegistry) error {
	taken := TableNames()
	for _, e := range h.extensions {
		for name := range e.routes {
			taken = append(taken, name)
		}
	}
	for name, routes := range registry["table"] {
		if slices.ContainsFunc(taken, func(t string) bool { return strings.EqualFold(t, name) }) {
			return fmt.Errorf("a table %s exists", name)
		}
		if len(routes) == 0 {
			return fmt.Errorf("table %s has no columns", name)
		}
		seen := make(map[string]bool)
		for _, r := range routes {
			if r["id"] != "column" {
				continue
			}
			c := strings.ToLower(r["name"])
			if c == "" || seen[c] || !slices.Contains(columnTypes, r["type"]) {
				return fmt.Errorf("table %s: column %q of type %q is not possible", name, r["name"], r["type"])
			}
			seen[c] = true
		}
	}
	return nil
}

func (m manager) DeregisterExtension(_ context.Context, uuid gen.ExtensionRouteUUID) (*gen.ExtensionStatus, error) {
	if !m.h.remove(uuid) {
		return failure("No extension UUID registered"), nil
	}
	return &gen.ExtensionStatus{UUID: uuid}, nil
}

func (m manager) Query(_ context.Context, sql string) (*gen.ExtensionResponse, error) {
	if m.h.o.Query == nil {
		return &gen.ExtensionResponse{Status: failure("the test host has no SQL")}, nil
	}
	rows, err := m.h.o.Query(sql)
	if err != nil {
		return &gen.ExtensionResponse{Status: failure(err.Error())}, nil
	}
	return &gen.ExtensionResponse{Status: &gen.ExtensionStatus{Message: "OK"}, Response: rows}, nil
}

func (m manager) GetQueryColumns(context.Context, string) (*gen.ExtensionResponse, error) {
	return &gen.ExtensionResponse{Status: failure("the test host has no SQL")}, nil
}
