-- Lets a search find a name however it is typed: without its accents, with any kind of apostrophe. The key that a search
-- looks into is folded anew, where that changes it: in SQL, as package org/fold does it. A key is in lower case already;
-- capitals come of characters that are taken apart. Triggers bring the key to the memberships. What is unique, and what
-- lists are ordered by, stays.

-- +goose Up
UPDATE users u SET search_key = f.folded
FROM (
    SELECT seq, replace(replace(replace(replace(translate(
        regexp_replace(normalize(replace(search_key, '´', ''''), NFKD),
            '[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7-\u06e8\u06ea-\u06ed'
            '\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099-\u309a\ufe00-\ufe0f\ufe20-\ufe2f]', '', 'g'),
        'ABCDEFGHIJKLMNOPQRSTUVWXYZÆĦƎƐȢΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩϜøłđðħŧıς’‘ʼʻ‛′`“”„‐–',
        'abcdefghijklmnopqrstuvwxyzæhǝɛȣαβγδεζηθικλμνξοπρστυφχψωϝolddhtiσ''''''''''''''"""--'),
        'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th') AS folded
    FROM users
    WHERE octet_length(search_key) > length(search_key) OR strpos(search_key, '`') > 0
) f
WHERE f.seq = u.seq AND f.folded <> u.search_key;

-- +goose Down
UPDATE users SET search_key = username_key || E'\n' || name_key || E'\n' || CASE WHEN email = '' THEN '' ELSE email_key END
WHERE search_key <> username_key || E'\n' || name_key || E'\n' || CASE WHEN email = '' THEN '' ELSE email_key END;
