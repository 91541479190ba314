package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"
)

// underLoad is what a turn of a live load gave.
type underLoad struct {
	cpu    float64 // percent of one core
	calls  int64   // that the generator made
	lost   int64   // by the kernel
	stored int64   // by us, of the kind; -1 for the rival
	before int64   // lost by us before they were decoded
}

// settled lets a program that was just started come to rest.
const settled = 2 * time.Second

// drained is how long after the load its last records are waited for.
const drained = time.Second

// measured runs a load beside a process and gives what the process used.
func measured(ctx context.Context, c *config, s *seat, p *process, kind string, rate int, d time.Duration) (underLoad, error) {
	var u underLoad
	pause(ctx, settled)
	lost := s.lost()
	before, err := p.cpu()
	if err != nil {
		return u, err
	}
	began := time.Now()
	g, err := startLoad(c, kind, rate, d)
	if err != nil {
		return u, err
	}
	select {
	case <-g.ended:
	case <-ctx.Done():
		return u, errors.Join(ctx.Err(), g.stop())
	}
	pause(ctx, drained)
	after, err := p.cpu()
	if err != nil {
		return u, err
	}
	u.cpu = 100 * (after - before).Seconds() / time.Since(began).Seconds()
	u.lost = int64(s.lost() - lost)
	u.calls, err = g.done()
	return u, err
}

// oursUnderLoad runs a load beside our binary and says how many events of a kind it stored.
func oursUnderLoad(ctx context.Context, c *config, s *seat, o *ours, kind, stored string, rate int, d time.Duration) (underLoad, error) {
	before, err := o.health(ctx)
	if err != nil {
		return underLoad{}, err
	}
	u, err := measured(ctx, c, s, o.process, kind, rate, d)
	if err != nil {
		return u, err
	}
	after, err := o.health(ctx)
	if err != nil {
		return u, err
	}
	u.stored = after["store/"+stored].received - before["store/"+stored].received
	u.before = lostBefore(after) - lostBefore(before)
	return u, o.alone(after)
}

// liveLoad compares the processor time of our binary with auditd's under a load.
type liveLoad struct {
	measure, kind, stored string
	rate                  int
}

var liveLoads = []liveLoad{
	{"cpu_exec", "exec", "process_start", 1000},
	{"cpu_calls", "mprotect", "memory", 10_000},
}

func live(l liveLoad) func(context.Context, *config, func(Measure)) error {
	return func(ctx context.Context, c *config, set func(Measure)) (err error) {
		s, err := takeSeat(ctx, c.wait)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, s.restore()) }()
		d := time.Duration(c.seconds) * time.Second
		var like asOurs
		var us, them underLoad
		rival := ""
		a, b, err := turns(ctx, c.rounds, func() (float64, error) {
			return s.undisturbed(ctx, func() (float64, error) {
				o, err := startOurs(ctx, c)
				if err != nil {
					return 0, err
				}
				u, err := oursUnderLoad(ctx, c, s, o, l.kind, l.stored, l.rate, d)
				if err == nil {
					like, err = s.present()
				}
				if err == nil {
					us.add(&u)
					fmt.Fprintf(c.log, "  ours   %.2f %%, %d calls, %d stored, lost %d + %d\n", u.cpu, u.calls, u.stored, u.lost, u.before)
				}
				return u.cpu, errors.Join(err, o.stop())
			})
		}, func() (float64, error) {
			if c.alone {
				rival = "auditd was left out"
				return 0, nil
			}
			return s.undisturbed(ctx, func() (float64, error) {
				p, err := startAuditd(ctx, s, like, filepath.Join(c.dir, "auditd"))
				if errors.Is(err, errNoAuditd) {
					rival = err.Error()
					return 0, nil
				}
				if err != nil {
					return 0, err
				}
				u, err := measured(ctx, c, s, p.process, l.kind, l.rate, d)
				if err == nil {
					err = p.alone()
				}
				if err == nil {
					them.add(&u)
					fmt.Fprintf(c.log, "  auditd %.2f %%, %d calls, lost %d\n", u.cpu, u.calls, u.lost)
				}
				return u.cpu, errors.Join(err, p.stop())
			})
		})
		if err != nil {
			return err
		}
		n := int64(c.rounds)
		m := Measure{Name: l.measure, Value: a, How: fmt.Sprintf("%d calls a turn of %d s, %d of them stored, %d lost by the kernel and %d by "+
			"us", us.calls/n, c.seconds, us.stored/n, us.lost/n, us.before/n)}
		if rival == "" {
			m = m.against("auditd", b)
			m.How += fmt.Sprintf("; auditd had %d calls, %d lost", them.calls/n, them.lost/n)
		} else {
			m.How += "; no comparison: " + rival
		}
		set(m)
		return nil
	}
}

func (u *underLoad) add(v *underLoad) {
	u.calls += v.calls
	u.stored += v.stored
	u.lost += v.lost
	u.before += v.before
}

// loss counts what is lost of 10,000 calls a second for 20 s.
func loss(ctx context.Context, c *config, set func(Measure)) (err error) {
	s, err := takeSeat(ctx, c.wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.restore()) }()
	var u underLoad
	_, err = s.undisturbed(ctx, func() (float64, error) {
		o, err := startOurs(ctx, c)
		if err != nil {
			return 0, err
		}
		u, err = oursUnderLoad(ctx, c, s, o, "mprotect", "memory", 10_000, 2*time.Duration(c.seconds)*time.Second)
		return 0, errors.Join(err, o.stop())
	})
	if err != nil {
		return err
	}
	missing := max(0, u.calls-u.stored)
	set(Measure{
		Name: "loss", Value: float64(max(missing, u.lost, u.before)),
		How: fmt.Sprintf("%d calls made in %d s, %d stored, %d lost by the kernel, %d by us", u.calls, 2*c.seconds, u.stored, u.lost, u.before),
	})
	return nil
}

// idle is what our binary uses while next to nothing happens.
func idle(ctx context.Context, c *config, set func(Measure)) (err error) {
	s, err := takeSeat(ctx, c.wait)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.restore()) }()
	o, err := startOurs(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.stop()) }()
	pause(ctx, settled)
	earlier, err := o.health(ctx)
	if err != nil {
		return err
	}
	before, err := o.cpu()
	if err != nil {
		return err
	}
	began := time.Now()
	pause(ctx, 2*time.Duration(c.seconds)*time.Second)
	after, err := o.cpu()
	if err != nil {
		return err
	}
	h, err := o.health(ctx)
	if err != nil {
		return err
	}
	came := h["audit/decoder"].decoded - earlier["audit/decoder"].decoded
	set(Measure{
		Name: "cpu_idle", Value: 100 * (after - before).Seconds() / time.Since(began).Seconds(),
		How: fmt.Sprintf("over %d s in which %d events came", 2*c.seconds, came),
	})
	return nil
}
