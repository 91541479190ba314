// Command kernels boots kernels under qemu, with an initial file system of busybox and of our own binaries, and writes what works on each:
// what a machine that has one kernel cannot tell. Kernels are Debian's packages; no network is there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	report := flag.String("report", "", "write the matrix to this file, too")
	cache := flag.String("cache", "", "folder for kernels that were fetched (default: the user's cache folder)")
	only := flag.String("run", "", "boot only scenarios whose name holds this")
	verbose := flag.Bool("verbose", false, "print what each machine printed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *report, *cache, *only, *verbose)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "kernels:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, report, cache, only string, verbose bool) error {
	for _, tool := range []string{"qemu-system-x86_64", "busybox", "apt-get", "dpkg-deb", "apt-cache"} {
		if _, err := exec.LookPath(tool); err != nil {
			return fmt.Errorf("%s is missing: on Debian, apt-get install qemu-system-x86 busybox-static", tool)
		}
	}
	if cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("finding a folder for kernels: %w", err)
		}
		cache = filepath.Join(dir, "apiwatch-kernels")
	}
	dir, err := os.MkdirTemp("", "apiwatch-kernels-")
	if err != nil {
		return fmt.Errorf("making a folder: %w", err)
	}
	defer os.RemoveAll(dir)
	wanted := slices.DeleteFunc(slices.Clone(scenarios), func(s scenario) bool { return !strings.Contains(s.name, only) })
	if err := build(ctx, dir, wanted); err != nil {
		return err
	}
	var rows []row
	var failed []string
	for _, release := range releases {
		image, name, err := fetch(ctx, cache, release)
		if err != nil {
			fmt.Printf("%s NOT RUN: %v\n", release, err)
			continue
		}
		for _, s := range wanted {
			began := time.Now()
			said, err := boot(ctx, dir, image, &s)
			if verbose {
				fmt.Println(said)
			}
			if err != nil {
				return fmt.Errorf("%s, %s: %w", name, s.name, err)
			}
			r := read(name, &s, said)
			rows = append(rows, r)
			fmt.Printf("%-24s %-12s %-6s %3.0f s  %s\n", name, s.name, r.result, time.Since(began).Seconds(), strings.Join(r.notes, "; "))
			if r.result != "ok" {
				failed = append(failed, name+" "+s.name)
			}
		}
	}
	if report != "" {
		if err := os.WriteFile(report, matrix(rows), 0o644); err != nil { //nolint:gosec // it is for everybody
			return fmt.Errorf("writing the matrix: %w", err)
		}
	}
	if len(failed) > 0 {
		return errors.New("failed: " + strings.Join(failed, ", "))
	}
	if len(rows) == 0 {
		return errors.New("nothing was booted")
	}
	return nil
}

// releases are patterns of Debian's packages.
var releases = []string{"linux-image-5.10.*-cloud-amd64", "linux-image-6.1.*-cloud-amd64", "linux-image-6.12.*-cloud-amd64"}

// fetch gives the newest kernel of a release, from the cache if it is there.
func fetch(ctx context.Context, cache, pattern string) (image, name string, err error) {
	prefix, suffix, _ := strings.Cut(pattern, "*")
	out, err := exec.CommandContext(ctx, "apt-cache", "pkgnames", prefix).Output() //nolint:gosec // our own list
	if err != nil {
		return "", "", fmt.Errorf("asking for kernels: %w", err)
	}
	var names []string
	for n := range strings.Lines(string(out)) {
		n = strings.TrimSpace(n)
		if strings.HasPrefix(n, prefix) && strings.HasSuffix(n, suffix) && len(n) > len(prefix)+len(suffix) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return "", "", errors.New("no such package is to be had")
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(padded(a), padded(b)) })
	name = names[len(names)-1]
	root := filepath.Join(cache, name)
	images := filepath.Join(root, "boot", "vmlinuz-*")
	if found, _ := filepath.Glob(images); len(found) > 0 {
		return found[0], strings.TrimPrefix(name, "linux-image-"), nil
	}
	if err := os.MkdirAll(root, 0o755); err != nil {
		return "", "", fmt.Errorf("making a folder: %w", err)
	}
	get := exec.CommandContext(ctx, "apt-get", "download", "-qq", name) //nolint:gosec // our own list
	get.Dir = root
	if out, err := get.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("fetching %s: %w: %s", name, err, out)
	}
	debs, _ := filepath.Glob(filepath.Join(root, "*.deb"))
	if len(debs) == 0 {
		return "", "", fmt.Errorf("fetching %s gave no package", name)
	}
	if out, err := exec.CommandContext(ctx, "dpkg-deb", "-x", debs[0], root).CombinedOutput(); err != nil { //nolint:gosec // our own list
		return "", "", fmt.Errorf("unpacking %s: %w: %s", name, err, out)
	}
	_ = os.Remove(debs[0])
	found, _ := filepath.Glob(images)
	if len(found) == 0 {
		return "", "", fmt.Errorf("%s holds no kernel", name)
	}
	return found[0], strings.TrimPrefix(name, "linux-image-"), nil
}

// padded makes numbers of one width, so that names sort by them.
func padded(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		j := i
		for j < len(s) && s[j] >= '0' && s[j] <= '9' {
			j++
		}
		if j == i {
			b.WriteByte(s[i])
			i++
			continue
		}
		fmt.Fprintf(&b, "%8s", s[i:j])
		i = j
	}
	return b.String()
}
