package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"time"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// nobody is the user that the image runs as. Clusters that refuse root need a number.
const nobody = 65532

// image makes an OCI image as a file that podman, skopeo, containerd and Docker can load: the program on an empty root, the
// certificate authorities, and a folder for data. It needs no daemon.
func (r *release) image(t target, program []byte) ([]byte, error) {
	files := []file{
		{name: "rolecall", mode: 0o755, body: program},
		{name: "etc/", mode: 0o755}, {name: "etc/ssl/", mode: 0o755}, {name: "etc/ssl/certs/", mode: 0o755},
		{name: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, body: authorities()},
		{name: "data/", mode: 0o700, owner: nobody},
	}
	plain, err := tarball(files, r.time)
	if err != nil {
		return nil, err
	}
	packed, err := gzipped(plain, nil)
	if err != nil {
		return nil, err
	}
	// The hash of its manifest names an image. The manifest names settings and layer by their hashes.
	l := layout{}
	layer := l.add("application/vnd.oci.image.layer.v1.tar+gzip", packed)
	config, err := l.addJSON("application/vnd.oci.image.config.v1+json", r.settings(t, plain))
	if err != nil {
		return nil, err
	}
	manifest, err := l.addJSON("application/vnd.oci.image.manifest.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": []descriptor{layer},
	})
	if err != nil {
		return nil, err
	}
	tag := "rolecall:" + imageTag(r.bare())
	manifest.Platform = map[string]string{"os": t.system, "architecture": t.machine}
	manifest.Annotations = map[string]string{"org.opencontainers.image.ref.name": imageTag(r.bare()), "io.containerd.image.name": "docker.io/library/" + tag}
	for name, content := range map[string]any{
		"oci-layout": map[string]string{"imageLayoutVersion": "1.0.0"},
		"index.json": map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []descriptor{manifest}},
		// For versions of Docker that do not know OCI layouts.
		"manifest.json": []any{map[string]any{"Config": config.path(), "RepoTags": []string{tag}, "Layers": []string{layer.path()}}},
	} {
		text, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		l.files = append(l.files, file{name: name, mode: 0o644, body: text})
	}
	return tarball(append(l.files, file{name: "blobs/", mode: 0o755}, file{name: "blobs/sha256/", mode: 0o755}), r.time)
}

// imageTag returns the version as a tag, which must not contain a plus sign.
func imageTag(bare string) string {
	return string(bytes.ReplaceAll([]byte(bare), []byte("+"), []byte("-")))
}

// settings says how the image runs. There is no /tmp, so TMPDIR is /data. A program that listens for others does not start until
// ROLECALL_ACCESS_URL, or a certificate, says how people reach it.
func (r *release) settings(t target, layer []byte) any {
	return map[string]any{
		"architecture": t.machine, "os": t.system, "created": r.time.Format(time.RFC3339),
		"config": map[string]any{
			"User": fmt.Sprintf("%d:%d", nobody, nobody), "WorkingDir": "/data", "Entrypoint": []string{"/rolecall"},
			"Env":          []string{"ROLECALL_HTTP_ADDRESS=:8080", "ROLECALL_DB=/data/rolecall.db", "TMPDIR=/data"},
			"ExposedPorts": map[string]any{"8080/tcp": struct{}{}}, "Volumes": map[string]any{"/data": struct{}{}},
			"Healthcheck": map[string]any{"Test": []string{"CMD", "/rolecall", "healthcheck"}, "Interval": 10 * time.Second, "Timeout": 5 * time.Second, "StartPeriod": 30 * time.Second},
			"Labels":      map[string]string{"org.opencontainers.image.title": "rolecall", "org.opencontainers.image.version": r.version, "org.opencontainers.image.licenses": "MIT"},
		},
		// The hash of the uncompressed layer, which a runtime checks after unpacking.
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digest(layer)}},
		"history": []any{map[string]string{"created": r.time.Format(time.RFC3339), "created_by": "cmd/release"}},
	}
}

// authorities returns Mozilla's certificate authorities, at the version in go.sum. It leaves out those that Mozilla trusts only
// for older certificates: the file cannot express that.
func authorities() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			b.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return b.Bytes()
}

// descriptor names a blob.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Platform    map[string]string `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// path returns where the blob is in the layout.
func (d descriptor) path() string { return "blobs/sha256/" + d.Digest[len("sha256:"):] }

// layout collects blobs.
type layout struct{ files []file }

func (l *layout) add(kind string, content []byte) descriptor {
	d := descriptor{MediaType: kind, Digest: digest(content), Size: len(content)}
	l.files = append(l.files, file{name: d.path(), mode: 0o644, body: content})
	return d
}

func (l *layout) addJSON(kind string, content any) (descriptor, error) {
	text, err := json.Marshal(content)
	return l.add(kind, text), err
}

func digest(content []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(content)) }
