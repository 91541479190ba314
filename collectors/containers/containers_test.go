package containers

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

// write puts a file below a root.
func write(t *testing.T, root, path, text string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

const a, b, c, d, e = "aaaa", "bbbb", "cccc", "dddd", "eeee"

// TestDescribe: each runtime's files as it writes them.
func TestDescribe(t *testing.T) {
	root := t.TempDir()
	write(t, root, "etc/docker/daemon.json", `{"data-root": "/srv/docker"}`)
	write(t, root, "srv/docker/containers/"+a+"/config.v2.json", `{"ID":"aaaa","Name":"/web","Config":{"Image":"nginx:1.27"}}`)
	write(t, root, containerdFolder+"/k8s.io/"+b+"/config.json", `{"annotations":{"io.kubernetes.cri.container-name":"app",
		"io.kubernetes.cri.image-name":"registry.example/app:3",
		"io.kubernetes.cri.sandbox-name":"app-7d","io.kubernetes.cri.sandbox-namespace":"shop"}}`)
	write(t, root, containerdFolder+"/default/"+c+"/config.json", `{"annotations":{"nerdctl/name":"box"}}`)
	write(t, root, "var/lib/containers/storage/overlay-containers/containers.json", `[{"id":"dddd","names":["db"],
		"metadata":"{\"image-name\":\"docker.io/library/postgres:16\",\"name\":\"db\"}"},
		{"id":"eeee","names":["k8s_c_p_n_u_0"],"metadata":"{\"image-name\":\"quay.io/c:1\",\"name\":\"k8s_c_p_n_u_0\"}"}]`)
	r := Registry{Root: root}
	for id, want := range map[string][3]string{
		a: {"docker", "web", "nginx:1.27"}, b: {"containerd", "shop/app-7d/app", "registry.example/app:3"}, c: {"containerd", "box", ""},
		d: {"podman", "db", "docker.io/library/postgres:16"}, e: {"cri-o", "n/p/c", "quay.io/c:1"},
		"ffff": {"docker", "", ""}, "..": {"docker", "", ""}, "": {"", "", ""},
	} {
		if name, image := r.Describe(id, want[0]); name != want[1] || image != want[2] {
			t.Errorf("%q: %q of %q, want %q of %q", id, name, image, want[1], want[2])
		}
	}
	if name, _ := r.Describe(d, ""); name != "db" {
		t.Errorf("of an unknown runtime: %q", name)
	}
}

// TestOnlyRootIsBelieved: a file that others may write, a link, and one that is no JSON say nothing; a name is cut.
func TestOnlyRootIsBelieved(t *testing.T) {
	root := t.TempDir()
	file := "var/lib/docker/containers/" + a + "/config.v2.json"
	write(t, root, file, `{"Name":"/web"}`)
	if err := os.Chmod(filepath.Join(root, file), 0o666); err != nil { //nolint:gosec // it is what is tried
		t.Fatal(err)
	}
	write(t, root, "elsewhere", `{"Name":"/web"}`)
	link := filepath.Join(root, "var/lib/docker/containers", b, "config.v2.json")
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(root, "elsewhere"), link); err != nil {
		t.Fatal(err)
	}
	write(t, root, "var/lib/docker/containers/"+c+"/config.v2.json", `{"Name":`)
	write(t, root, "var/lib/docker/containers/"+d+"/config.v2.json", `{"Name":"`+strings.Repeat("x", 10_000)+`"}`)
	r := Registry{Root: root}
	for id, want := range map[string]int{a: 0, b: 0, c: 0, d: maxText} {
		if name, _ := r.Describe(id, "docker"); len(name) != want {
			t.Errorf("%s: %d bytes of name, want %d", id, len(name), want)
		}
	}
}

// TestOfCgroup: a container that somebody made with runc or crun is known by its cgroup, whatever that is called, from when it says so
// until it is gone.
func TestOfCgroup(t *testing.T) {
	root := t.TempDir()
	r := Registry{Root: root}
	is := func(path, id, runtime string) {
		t.Helper()
		if gotID, gotRuntime := r.Of([]byte("0::" + path + "\n")); gotID != id || gotRuntime != runtime {
			t.Errorf("%s is of %q %q, want %q %q", path, gotID, gotRuntime, id, runtime)
		}
	}
	is("/box", "", "")
	if err := os.MkdirAll(filepath.Join(root, "run/runc/box"), 0o711); err != nil {
		t.Fatal(err)
	}
	is("/box", "", "") // which has not said yet where it is
	write(t, root, "run/runc/box/state.json", `{"id":"box","cgroup_paths":{"":"/sys/fs/cgroup/unified/box",`+
		`"cpu":"/sys/fs/cgroup/cpu/outer/box"}}`)
	write(t, root, "run/crun/other/status", `{"cgroup-path":"/user.slice/any name"}`)
	is("/box", "box", "runc")
	is("/box/inner.scope", "box", "runc")
	is("/outer/box", "box", "runc")
	is("/boxes", "", "")
	is("/", "", "")
	is("", "", "")
	is("/user.slice/any name", "other", "crun")
	is("/user.slice", "", "")
	if err := os.RemoveAll(filepath.Join(root, "run/runc/box")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(root, "run/runc"), time.Time{}, time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	is("/box", "", "")
}

// FuzzState: whatever stands in a runtime's file, a cgroup is an absolute path and never that of all.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"cgroup_paths":{"":"/sys/fs/cgroup/box","cpu":"/sys/fs/cgroup/cpu/a/box"}}`))
	f.Add([]byte(`{"cgroup-path":"///"}`))
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, said []byte) {
		for _, p := range cgroupsOf(said) {
			if !strings.HasPrefix(p, "/") || strings.Trim(p, "/") == "" {
				t.Errorf("%q", p)
			}
		}
	})
}
