// Package osquery serves apiwatch's tables to osqueryd or osqueryi through the extension manager's Thrift protocol.
//
// It stays with osquery over restarts: it waits for the manager's socket, registers again when the manager has
// forgotten it, and ends by itself when osquery has gone for good. osquery-go's own server gives up at the first failed
// ping and builds a map a row; this package uses osquery-go's generated client and messages only.
package osquery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	gen "github.com/osquery/osquery-go/gen/osquery"

	"github.com/apiwatch/apiwatch/extension/internal/thriftsock"
	"github.com/apiwatch/apiwatch/tables"
)

// Options say whom to serve and what.
type Options struct {
	// Socket is the extension manager's socket, osquery's --extensions_socket (a named pipe on Windows).
	Socket string
	// Timeout is how long to wait for the socket to appear; 0 means 10 s.
	Timeout time.Duration
	// Interval is how often to look whether osquery still has us; 0 means 3 s, osquery's own default.
	Interval time.Duration
	// Name is what `osquery_extensions` shows and --extensions_require waits for; "" means "apiwatch".
	Name    string
	Version string
	Tables  []*tables.Table
	Logger  *slog.Logger

	// grace is how long osquery may be away before we end; 0 means Timeout, but at least 5 s.
	grace time.Duration
}

// maxSocketPath leaves room for ".65535" within the 103 bytes that every system allows a unix socket's path.
const maxSocketPath = 97

const (
	retryEvery = 200 * time.Millisecond
	// minRPCTimeout is what a busy osqueryd is given to answer one request.
	minRPCTimeout = 10 * time.Second
	// partTimeout bounds the goodbye when we end.
	partTimeout = time.Second
	// closeGrace lets osquery read the last answers when we end.
	closeGrace = 300 * time.Millisecond
)

// Serve registers the tables with osquery and answers until ctx ends, osquery asks us to shut down, or osquery has been
// away for too long: all three are a clean end. An error means that osquery could not be reached at the start or
// refused us.
func Serve(ctx context.Context, o Options) error {
	if o.Socket == "" {
		return errors.New("serving osquery: no socket given; pass osquery's --extensions_socket")
	}
	if len(o.Socket) > maxSocketPath {
		return fmt.Errorf("serving osquery: the socket's path %s has %d bytes, at most %d are possible; choose a shorter --extensions_socket",
			o.Socket, len(o.Socket), maxSocketPath)
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Interval <= 0 {
		o.Interval = 3 * time.Second
	}
	if o.Name == "" {
		o.Name = "apiwatch"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.grace <= 0 {
		o.grace = max(o.Timeout, 5*time.Second)
	}
	s := &service{Options: o, processor: newProcessor(o.Tables, o.Logger)}
	return s.run(ctx)
}

type service struct {
	Options
	processor *processor
}

// Why a session ended.
var (
	errEnd     = errors.New("asked to end")
	errGone    = errors.New("osquery does not answer")
	errDropped = errors.New("osquery no longer lists us")
)

func (s *service) run(ctx context.Context) error {
	for wait, first := s.Timeout, true; ; wait, first = s.grace, false {
		uuid, err := s.register(ctx, wait)
		if err == nil {
			err = s.session(ctx, uuid)
		}
		gone := errors.Is(err, errGone) && (uuid != 0 || !first)
		switch {
		case ctx.Err() == nil && errors.Is(err, errDropped):
			s.Logger.Warn("osquery no longer lists us, registering again")
			continue
		case ctx.Err() != nil, errors.Is(err, errEnd):
			s.Logger.Info("leaving osquery")
		case gone:
			s.Logger.Info("osquery went away, ending", "socket", s.Socket, "error", err)
		default:
			return fmt.Errorf("serving osquery: %w", err)
		}
		break
	}
	return nil
}

// register offers the tables until osquery takes them, and gives the id it assigned. It waits for the socket to appear,
// and after a crash for osquery to notice that our predecessor is gone.
func (s *service) register(ctx context.Context, wait time.Duration) (gen.ExtensionRouteUUID, error) {
	gone := time.Now().Add(wait)
	var duplicate time.Time
	for {
		var status *gen.ExtensionStatus
		err := s.ask(ctx, max(s.Timeout, minRPCTimeout), func(m *gen.ExtensionManagerClient) (err error) {
			status, err = m.RegisterExtension(ctx, &gen.InternalExtensionInfo{Name: s.Name, Version: s.Version}, s.processor.registry())
			return err
		})
		now := time.Now()
		switch {
		case err != nil && now.After(gone):
			return 0, fmt.Errorf("%w: %w; is osqueryd running with --extensions_socket=%s and not with --disable_extensions?", errGone, err,
				s.Socket)
		case err != nil:
		case status.Code == int32(gen.ExtensionCode_EXT_SUCCESS):
			return status.UUID, nil
		case !strings.Contains(strings.ToLower(status.Message), "duplicate extension"):
			return 0, fmt.Errorf("osquery refused the tables %s: %s (status %d); it takes all or none, "+
				"so if it or another extension has one of these names, "+
				"find it with SELECT name FROM osquery_registry WHERE registry = 'table' and unload that extension",
				strings.Join(s.processor.names, ", "), status.Message, status.Code)
		case duplicate.IsZero():
			s.Logger.Info("osquery still lists an extension of our name, waiting for it to notice", "name", s.Name)
			duplicate = now.Add(max(s.Timeout, 2*s.Interval+time.Second))
		case now.After(duplicate):
			return 0, fmt.Errorf("osquery has an extension named %s that answers its pings: %s; stop the other one", s.Name, status.Message)
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(retryEvery):
		}
	}
}

// session serves on the socket that belongs to the id until something ends it.
func (s *service) session(ctx context.Context, uuid gen.ExtensionRouteUUID) error {
	s.processor.begin()
	server, err := thriftsock.Listen(fmt.Sprintf("%s.%d", s.Socket, uuid), s.processor, s.Logger)
	if err != nil {
		s.part(ctx, uuid)
		return err
	}
	s.Logger.Info("registered with osquery", "socket", s.Socket, "uuid", uuid, "tables", len(s.processor.names))
	err = s.watch(ctx, uuid)
	if errors.Is(err, errEnd) {
		s.part(ctx, uuid)
	}
	server.Close(closeGrace)
	return err
}

// watch looks at every interval whether osquery still lists us. Its answer also tells that it lives: a ping alone would
// not show that a ping of osquery's own failed, after which it sends us nothing any more.
func (s *service) watch(ctx context.Context, uuid gen.ExtensionRouteUUID) error {
	var away time.Time
	pause := s.Interval
	for {
		select {
		case <-ctx.Done():
			return errEnd
		case <-s.processor.shutdown:
			return errEnd
		case <-time.After(pause):
		}
		var list gen.InternalExtensionList
		err := s.ask(ctx, max(s.Timeout, minRPCTimeout), func(m *gen.ExtensionManagerClient) (err error) {
			list, err = m.Extensions(ctx)
			return err
		})
		switch {
		case err == nil:
			if info := list[uuid]; info == nil || info.Name != s.Name {
				return errDropped
			}
			if !away.IsZero() {
				s.Logger.Info("osquery answers again")
			}
			away, pause = time.Time{}, s.Interval
		case away.IsZero():
			s.Logger.Warn("osquery does not answer, trying again", "error", err, "for", s.grace)
			away, pause = time.Now(), min(retryEvery, s.Interval)
		case time.Since(away) > s.grace:
			return fmt.Errorf("%w: %w", errGone, err)
		}
	}
}

// part tells osquery that we leave. It may have ended already, so nothing depends on the answer.
func (s *service) part(ctx context.Context, uuid gen.ExtensionRouteUUID) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partTimeout)
	defer cancel()
	err := s.ask(ctx, partTimeout, func(m *gen.ExtensionManagerClient) error {
		_, err := m.DeregisterExtension(ctx, uuid)
		return err
	})
	if err != nil {
		s.Logger.Debug("deregistering failed", "error", err)
	}
}

// ask opens a connection for one request, as osquery's own extensions do: nothing stale survives a restart of osquery.
func (s *service) ask(ctx context.Context, timeout time.Duration, f func(*gen.ExtensionManagerClient) error) error {
	p, done, err := thriftsock.Dial(ctx, s.Socket, timeout)
	if err != nil {
		return err
	}
	defer done()
	return f(gen.NewExtensionManagerClientProtocol(p.Transport(), p, p))
}
