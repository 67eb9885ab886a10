-- Workflows of the No-Code console. Read-only; ids and owners are passed as arrays, so that one query does for all.
-- What is larger than $3 bytes is counted, not read. Most columns can be NULL.

-- name: fingerprints
SELECT (w.number - 1)::int AS asked, md5(concat_ws(':',
         CASE WHEN octet_length(n.generated_code) <= $3 THEN md5(n.generated_code) ELSE octet_length(n.generated_code)::text END,
         CASE WHEN octet_length(n.workflow_data::text) <= $3 THEN md5(n.workflow_data::text) ELSE 'large' END,
         left(array_to_string(n.generated_requirements, E'\n'), 65536),
         n.compilation_status)) AS fingerprint
  FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS w(id, owner, number)
  JOIN nocode_workflows n ON n.uuid = w.id AND n.user_id = w.owner

-- name: load
SELECT (w.number - 1)::int AS asked, n.uuid::text AS id, n.user_id::text AS owner, n.name,
       n.compilation_status AS compilation,
       left(array_to_string(n.generated_requirements, E'\n'), 65536) AS requirements,
       coalesce(octet_length(n.generated_code), 0) AS code_bytes,
       CASE WHEN octet_length(n.generated_code) <= $3 THEN n.generated_code END AS code,
       octet_length(n.workflow_data::text) AS drawing_bytes,
       CASE WHEN octet_length(n.workflow_data::text) <= $3 THEN n.workflow_data::text END AS drawing
  FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS w(id, owner, number)
  JOIN nocode_workflows n ON n.uuid = w.id AND n.user_id = w.owner

-- $1 the owner, $2 whether everybody's; $3 a part of the name; $4 only these; $5 not these; $6 how many;
-- $7 and $8 the sort key and the id that they come behind.
-- name: keys
WITH listed AS (
  SELECT t.uuid::text COLLATE "C" AS id, {sort} COLLATE "C" AS sort_key
    FROM nocode_workflows t
   WHERE t.uuid IS NOT NULL
     AND ($2::bool OR t.user_id = $1::int)
     AND ($3::text IS NULL OR strpos(lower(t.name), lower($3)) > 0)
     AND ($4::uuid[] IS NULL OR t.uuid = ANY($4))
     AND ($5::uuid[] IS NULL OR t.uuid <> ALL($5)))
SELECT l.id, l.sort_key, c.total
  FROM (SELECT count(*) AS total FROM listed) AS c
  LEFT JOIN (SELECT * FROM listed
              WHERE $7::text IS NULL OR (sort_key, id) {behind} ($7, $8::text)
              ORDER BY sort_key {direction}, id {direction}
              LIMIT $6) AS l ON true
 ORDER BY l.sort_key {direction}, l.id {direction}

-- Of these ids and numbers: the owner's own, and what its owner has made public.
-- name: described
SELECT t.id AS number, t.uuid::text AS id, t.user_id::text AS owner, t.name, left(t.description, 2000) AS description,
       CASE WHEN octet_length(array_to_string(t.tags, ',')) <= 4096 THEN t.tags[1:50] END AS tags, t.category, t.version::text AS version, t.created_at::timestamptz AS created_at,
       coalesce(t.updated_at, t.created_at)::timestamptz AS updated_at,
       t.compilation_status, t.deployment_status AS stored_status, coalesce(t.is_public, false) AS public,
       coalesce($2::bool OR t.user_id = $1::int, false) AS own
  FROM nocode_workflows t
 WHERE t.uuid IS NOT NULL
   AND ((t.uuid = ANY($3::uuid[]) AND ($2::bool OR t.user_id = $1::int OR t.is_public))
     OR (t.id = ANY($4::int[]) AND ($2::bool OR t.user_id = $1::int)))
