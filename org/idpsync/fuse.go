package idpsync

import (
	"context"

	"github.com/google/uuid"

	"rolecall.example/db"
	"rolecall.example/org"
)

// askFuse finds out whether somebody may lose something from the source. People who lost something within the last hour are
// counted, each once, before they lose it; one too many holds the source. The units that take something away ask whether it was
// counted, so that no two sign-ins at once can pass together.
func (v *view) askFuse(ctx context.Context) error {
	if v.user == uuid.Nil {
		return nil
	}
	source, since := string(v.provider.Source()), v.When.Add(-org.FuseWindow)
	_, err := v.Q.GetSyncSource(ctx, source)
	if err == nil {
		v.fused = true
		return nil
	}
	if !db.IsNotFound(err) {
		return err
	}
	// A fuse that is switched off does not release what it has held before: a person does.
	if v.fuse().Off() {
		v.known = true
		return nil
	}
	v.known, err = v.Q.HasSyncLoss(ctx, db.HasSyncLossParams{Source: source, UserID: v.user, Since: since})
	if err != nil || v.known {
		return err
	}
	if v.counted {
		v.fused = true
		return nil
	}
	v.trips, err = v.isOneTooMany(ctx, source)
	v.fused = v.trips
	return err
}

// fuse is that of the settings. They may change at a restart, so it is asked of them each time and stored nowhere: what was
// lost within the hour before is then measured by the new limit.
func (v *view) fuse() org.Fuse {
	return org.Fuse{People: int64(v.provider.FusePeople), Percent: int64(v.provider.FusePercent)}
}

// isOneTooMany reports whether one more loss is more than the fuse allows.
func (v *view) isOneTooMany(ctx context.Context, source string) (bool, error) {
	since := v.When.Add(-org.FuseWindow)
	lost, err := v.Q.CountSyncLosses(ctx, db.CountSyncLossesParams{Source: source, Since: since, UserID: v.user})
	if err != nil {
		return false, err
	}
	return v.fuse().Blows(lost, func() (int64, error) {
		return v.Q.CountHoldersOfSource(ctx, db.CountHoldersOfSourceParams{Source: source, Since: since})
	})
}

// tripped says why a source is held.
const tripped = "More people than the settings allow would have lost something within an hour."

// sourceType is what the trail calls a source.
const sourceType = "idp_sync_source"

// sourceID names a source in the trail.
func sourceID(source org.Source) uuid.UUID { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(source)) }
