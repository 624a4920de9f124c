//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// An image is read as its specification says, unpacked as for a container, and run as its user in its root.
func TestImage(t *testing.T) {
	t.Parallel()
	r, program := release010(t, "../..")
	packed, err := r.image(linux, program)
	if err != nil {
		t.Fatal(err)
	}
	_, blobs := unpack(t, packed)
	read := func(content []byte, into any) {
		t.Helper()
		if err := json.Unmarshal(content, into); err != nil {
			t.Fatalf("%v in %s", err, content)
		}
	}
	follow := func(d descriptor) []byte {
		t.Helper()
		content := blobs[d.path()]
		if len(content) != d.Size || digest(content) != d.Digest {
			t.Fatalf("%+v names %d bytes with %s", d, len(content), digest(content))
		}
		return content
	}
	var index struct{ Manifests []descriptor }
	var manifest struct {
		Config descriptor
		Layers []descriptor
	}
	var config struct {
		OS, Architecture string
		Config           struct {
			User       string
			Entrypoint []string
			Volumes    map[string]any
		}
	}
	read(blobs["index.json"], &index)
	read(follow(index.Manifests[0]), &manifest)
	read(follow(manifest.Config), &config)
	if config.OS != "linux" || config.Architecture != linux.machine || config.Config.User != "65532:65532" || config.Config.Volumes["/data"] == nil ||
		!slices.Equal(config.Config.Entrypoint, []string{"/rolecall"}) || index.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "0.1.0-dev-33112c590d5f" {
		t.Errorf("%+v", config)
	}
	var docker []struct {
		Config string
		Layers []string
	}
	read(blobs["manifest.json"], &docker)
	if docker[0].Config != manifest.Config.path() || docker[0].Layers[0] != manifest.Layers[0].path() {
		t.Errorf("Docker would load %+v", docker)
	}
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil { // another user is in it
		t.Fatal(err)
	}
	headers, bodies := unpack(t, follow(manifest.Layers[0]))
	for _, h := range headers {
		path := filepath.Join(root, h.Name)
		if strings.HasSuffix(h.Name, "/") {
			err = errors.Join(os.MkdirAll(path, os.FileMode(h.Mode)), os.Chmod(path, os.FileMode(h.Mode)))
		} else {
			err = errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, bodies[h.Name], os.FileMode(h.Mode)))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(string(bodies["etc/ssl/certs/ca-certificates.crt"]), "BEGIN CERTIFICATE"); n < 100 {
		t.Errorf("%d authorities", n)
	}
	if os.Getuid() != 0 {
		t.Skip("not here: only root can change its root")
	}
	c := exec.Command("/rolecall", "version")
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	c.Dir = "/"
	// As hello sees it: the program, etc and data, and no libraries.
	if out, err := c.CombinedOutput(); err != nil || string(out) != "65532 3 [version] <nil>\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
