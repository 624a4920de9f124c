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

// nobody is the user that the image runs as. Clusters that refuse root want a number.
const nobody = 65532

// image is an OCI image as a file that podman, skopeo, containerd and Docker load: the program on an empty root, the
// authorities that sign certificates, and a folder for data. No daemon has a part in it.
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
	// An image is named by the hash of its manifest, that names its settings and layer by theirs.
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
		// For a Docker that knows no layouts.
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

// imageTag is the version as a tag, which has no plus.
func imageTag(bare string) string {
	return string(bytes.ReplaceAll([]byte(bare), []byte("+"), []byte("-")))
}

// settings is how the image runs. There is no /tmp, and a program that listens for others does not start before
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
		// The layer before it was compressed: what a runtime checks once it has unpacked it.
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []string{digest(layer)}},
		"history": []any{map[string]string{"created": r.time.Format(time.RFC3339), "created_by": "cmd/release"}},
	}
}

// authorities are those of Mozilla, at the version that go.sum holds. One that Mozilla trusts for older certificates alone
// is left out: the file cannot say so.
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

// path is where the blob is in the layout.
func (d descriptor) path() string { return "blobs/sha256/" + d.Digest[len("sha256:"):] }

// layout gathers blobs.
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
