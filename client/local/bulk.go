package local

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"slices"

	"rolecall.example/rbac/snapshot"
)

// documentsAtOnce is how many documents one request asks for at most.
const documentsAtOnce = 500

// documentAtMost bounds a document in a stream of many.
const documentAtMost = 1 << 30

// errCutShort reports a stream of documents that ended early.
var errCutShort = errors.New("the documents broke off")

// documents fetches the documents of organizations, or some of their sections, many in one request. It stops at the first
// error.
func (e *Engine) documents(ctx context.Context, of []snapshot.ID, sections ...string) iter.Seq2[*snapshot.Document, error] {
	return func(yield func(*snapshot.Document, error) bool) {
		for part := range slices.Chunk(of, documentsAtOnce) {
			for d, err := range e.someDocuments(ctx, part, sections) {
				if !yield(d, err) || err != nil {
					return
				}
			}
		}
	}
}

func (e *Engine) someDocuments(ctx context.Context, of []snapshot.ID, sections []string) iter.Seq2[*snapshot.Document, error] {
	return func(yield func(*snapshot.Document, error) bool) {
		body := struct {
			Organizations []string `json:"organizations"`
			Sections      []string `json:"sections,omitempty"`
			Aliases       []string `json:"aliases,omitempty"`
		}{make([]string, len(of)), sections, nil}
		if sections == nil {
			body.Aliases = e.options.Aliases
		}
		for i, id := range of {
			body.Organizations[i] = snapshot.FormatID(id)
		}
		text, err := json.Marshal(body)
		if err != nil {
			yield(nil, err)
			return
		}
		res, err := e.fetch(ctx, http.MethodPost, "snapshots", acceptDocument, bytes.NewReader(text))
		if err != nil {
			yield(nil, err)
			return
		}
		defer res.Body.Close()
		for {
			d, err := e.nextDocument(ctx, res.Body)
			if d == nil && err == nil || !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// nextDocument reads the next document of a stream. It returns nil at the end.
func (e *Engine) nextDocument(ctx context.Context, r io.Reader) (*snapshot.Document, error) {
	var length [4]byte
	if _, err := io.ReadFull(r, length[:]); err != nil {
		return nil, fmt.Errorf("%w: %w", errCutShort, err)
	}
	n := binary.LittleEndian.Uint32(length[:])
	if n == 0 {
		return nil, nil
	}
	if n > documentAtMost {
		return nil, errCutShort
	}
	d, err := snapshot.Read(io.LimitReader(r, int64(n)), &e.keys)
	if _, unknown := errors.AsType[*snapshot.UnknownKeyError](err); unknown {
		return nil, errors.Join(err, e.learn(ctx))
	}
	return d, err
}

// loadAll begins to fetch the documents of several places, many in one request. The caller holds Engine.mu.
func (e *Engine) loadAll(list []*place) {
	if len(list) < 2 {
		for _, p := range list {
			e.load(p)
		}
		return
	}
	ids := make([]snapshot.ID, len(list))
	for i, p := range list {
		ids[i] = p.id
		p.loading, p.pending = true, nil
	}
	e.wg.Go(func() {
		e.slots <- struct{}{}
		defer func() { <-e.slots }()
		for d, err := range e.documents(e.ctx, ids) {
			if err != nil {
				break
			}
			if p := e.loadingPlace(d.Header.Organization); p != nil && e.bring(e.ctx, p, d, 0) == nil {
				continue
			}
		}
		e.mu.Lock()
		defer e.mu.Unlock()
		for _, p := range list { // what did not arrive is loaded one by one
			p.loading, p.pending = false, nil
			if p.revision == 0 {
				e.load(p)
			}
		}
		e.stir()
	})
}

// loadingPlace returns the place of an organization whose document is being loaded, or nil.
func (e *Engine) loadingPlace(organization string) *place {
	id, err := snapshot.ParseID(organization)
	if err != nil {
		return nil
	}
	e.mu.RLock()
	defer e.mu.RUnlock()
	if p := e.places[id]; p != nil && p.loading {
		return p
	}
	return nil
}
