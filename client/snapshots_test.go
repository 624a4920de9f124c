package client_test

import (
	"errors"
	"io"

	"rolecall.example/client"
)

func (s *session) snapshots() {
	document, tag, err := s.SiteSnapshot(s.ctx, client.SnapshotQuery{Organizations: true})
	if err != nil {
		s.Fatal(err)
	}
	if data, err := io.ReadAll(document); err != nil || string(data[:4]) != "RCS1" || document.Close() != nil {
		s.Errorf("the document of the site: %.4q, %v", data, err)
	}
	if _, _, err := s.SiteSnapshot(s.ctx, client.SnapshotQuery{Organizations: true, IfNoneMatch: tag}); !errors.Is(err, client.ErrNotModified) {
		s.Errorf("the same again: %v, want ErrNotModified", err)
	}
	document, _, err = s.Snapshot(s.ctx, "default", client.SnapshotQuery{Aliases: []string{"username"}})
	if err != nil {
		s.Fatal(err)
	}
	whole, err := io.ReadAll(document)
	if err != nil || document.Close() != nil {
		s.Error(err)
	}
	n := 0
	for d, err := range s.Snapshots(s.ctx, client.SnapshotsRequest{RolesOnly: true}) {
		if err != nil {
			s.Fatal(err)
		}
		if data, err := io.ReadAll(d); err != nil || len(data) == 0 || len(data) >= len(whole) {
			s.Errorf("roles alone: %d bytes, %v", len(data), err)
		}
		n++
	}
	if n == 0 {
		s.Error("no documents")
	}
}
