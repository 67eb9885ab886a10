-- The AI/ML database in its two generations: rows with code (era A), and projects with files (both eras, in tables of
-- other names). Read-only; ids and owners are passed as arrays, so that one query does for all. What is larger than a
-- limit is counted, not read. Names in braces are constants of `ai_ml_schema`, never anybody's words.

-- The columns there are, of the tables that matter: what tells the eras apart.
-- name: columns
SELECT coalesce(string_agg(c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, NULL), ','
                ORDER BY c.relname, a.attname), '') AS columns
  FROM pg_attribute a
  JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.oid = ANY (ARRAY[to_regclass('strategies'), to_regclass('projects'), to_regclass('project_files'),
                          to_regclass('files')]::oid[])
   AND a.attnum > 0 AND NOT a.attisdropped

-- Fingerprints are one statement of several parts; so every part has to do with these:
-- $1 and $2 rows and their owners, $3 and $4 projects and theirs, $5 most bytes, $6 most files.
-- name: fingerprints
WITH given AS (SELECT $1::text[], $2::text[], $3::text[], $4::text[], $5::int, $6::int)
{parts}

-- name: columns_part
SELECT 'columns' AS kind, 0 AS asked, ({columns}) AS fingerprint

-- name: row_fingerprints
SELECT 'row' AS kind, (w.number - 1)::int AS asked, md5(concat_ws(':',
         CASE WHEN octet_length(s.code) <= $5 THEN md5(s.code) ELSE octet_length(s.code)::text END,
         CASE WHEN octet_length(s.parameters::text) <= $5 THEN md5(s.parameters::text) ELSE 'large' END)) AS fingerprint
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(id, owner, number)
  JOIN strategies s ON s.id = w.id::uuid AND s.user_id = w.owner::uuid

-- name: project_fingerprints
(WITH sizes AS (
   SELECT (w.number - 1)::int AS asked, p.id, count(f.project_id) AS files,
          coalesce(sum(octet_length(f.{path}) + coalesce(octet_length(f.content), 0)), 0) AS bytes
     FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS w(id, owner, number)
     JOIN projects p ON p.id = w.id::{id} AND p.user_id = w.owner::{id}
     LEFT JOIN {files} f ON f.project_id = p.id AND NOT coalesce(f.is_directory, false)
    GROUP BY w.number, p.id),
 hashed AS (
   SELECT s.asked, md5(string_agg(md5(f.{path}) || md5(coalesce(f.content, '')), '' ORDER BY f.{path}, md5(coalesce(f.content, '')))) AS hash
     FROM sizes s
     JOIN {files} f ON f.project_id = s.id AND NOT coalesce(f.is_directory, false)
    WHERE s.bytes <= $5 AND s.files <= $6
    GROUP BY s.asked)
 SELECT 'project' AS kind, s.asked, s.files || ':' || s.bytes || ':' || coalesce(h.hash, '') AS fingerprint
   FROM sizes s LEFT JOIN hashed h ON h.asked = s.asked)

-- name: rows
SELECT (w.number - 1)::int AS asked, s.id::text AS id, s.user_id::text AS owner, s.name,
       octet_length(s.code) AS code_bytes,
       CASE WHEN octet_length(s.code) <= $3 THEN s.code END AS code,
       coalesce(octet_length(s.parameters::text), 0) AS parameters_bytes,
       CASE WHEN octet_length(s.parameters::text) <= $3 THEN s.parameters::text END AS parameters
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(id, owner, number)
  JOIN strategies s ON s.id = w.id::uuid AND s.user_id = w.owner::uuid

-- A project without files, or with more than may be read, is one record without a path.
-- name: projects
WITH sizes AS (
  SELECT (w.number - 1)::int AS asked, p.id, p.user_id, p.name, count(f.project_id) AS files,
         coalesce(sum(octet_length(f.{path}) + coalesce(octet_length(f.content), 0)), 0)::bigint AS bytes
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS w(id, owner, number)
    JOIN projects p ON p.id = w.id::{id} AND p.user_id = w.owner::{id}
    LEFT JOIN {files} f ON f.project_id = p.id AND NOT coalesce(f.is_directory, false)
   GROUP BY w.number, p.id, p.user_id, p.name)
SELECT s.asked, s.id::text AS id, s.user_id::text AS owner, s.name, s.files, s.bytes,
       f.{path} AS path, coalesce(f.content, '') AS content
  FROM sizes s
  LEFT JOIN {files} f ON f.project_id = s.id AND NOT coalesce(f.is_directory, false) AND f.{path} IS NOT NULL
                     AND s.bytes <= $3 AND s.files <= $4
 ORDER BY s.asked, f.{path}

-- $1 the owner's uuid, $2 the owner's name, $3 whether everybody's; $4 a part of the name; $5 only these; $6 not these;
-- $7 how many; $8 and $9 the sort key and the id that they come behind.
-- name: keys
WITH given AS (SELECT $1::uuid, $2::text, $3::bool, $4::text, $5::text[], $6::text[], $7::int, $8::text, $9::text),
listed AS ({parts})
SELECT l.id, l.sort_key, c.total
  FROM (SELECT count(*) AS total FROM listed) AS c
  LEFT JOIN (SELECT * FROM listed
              WHERE $8 IS NULL OR (sort_key, id) {behind} ($8, $9)
              ORDER BY sort_key {direction}, id {direction}
              LIMIT $7) AS l ON true
 ORDER BY l.sort_key {direction}, l.id {direction}

-- name: keys_part
SELECT t.id::text COLLATE "C" AS id, {sort} COLLATE "C" AS sort_key
  FROM {table} t
 WHERE ($3::bool OR t.user_id = {owner})
   AND ($4::text IS NULL OR strpos(lower(t.name), lower($4)) > 0)
   AND ($5::text[] IS NULL OR t.id::text = ANY($5))
   AND ($6::text[] IS NULL OR t.id::text <> ALL($6))

-- name: described
WITH given AS (SELECT $1::uuid, $2::text, $3::bool, $4::text[])
{parts}

-- name: described_rows
SELECT t.id::text AS id, t.user_id::text AS owner, t.name, left(t.description, 2000) AS description, CASE WHEN octet_length(array_to_string(t.tags, ',')) <= 4096 THEN t.tags[1:50] END AS tags,
       t.status::text AS stored_status, t.created_at::timestamptz AS created_at,
       coalesce(t.updated_at, t.created_at)::timestamptz AS updated_at,
       t.total_return, t.sharpe_ratio, t.max_drawdown, t.win_rate
  FROM strategies t
 WHERE t.id::text = ANY($4::text[]) AND ($3::bool OR t.user_id = $1::uuid)

-- name: described_projects
SELECT t.id::text AS id, t.user_id::text AS owner, t.name, left(t.description, 2000) AS description, NULL::varchar[] AS tags,
       NULL AS stored_status, t.created_at::timestamptz AS created_at,
       coalesce(t.updated_at, t.created_at)::timestamptz AS updated_at,
       NULL::float8 AS total_return, NULL::float8 AS sharpe_ratio, NULL::float8 AS max_drawdown, NULL::float8 AS win_rate
  FROM projects t
 WHERE t.id::text = ANY($4::text[]) AND ($3::bool OR t.user_id = {owner})
