import { describe, expect, test } from 'vitest'

import { failureOf, requestOf, select } from './support.ts'

const csv = 'a,2,true,2024-01-05\n'

test.each([
  ['', 'MissingRequiredParameter'],
  ['   ', 'ParseExpectedKeyword'],
  ['DELETE FROM S3Object', 'ParseExpectedKeyword'],
  ['SELECT', 'ParseEmptySelect'],
  ['SELECT FROM S3Object', 'ParseEmptySelect'],
  ['SELECT *', 'ParseSelectMissingFrom'],
  ['SELECT _1', 'ParseSelectMissingFrom'],
  ['SELECT * FROM', 'InvalidDataSource'],
  ['SELECT * FROM table', 'InvalidDataSource'],
  ['SELECT * FROM S3Object s t', 'ParseUnexpectedToken'],
  ['SELECT * FROM S3Object WHERE', 'ParseExpectedExpression'],
  ['SELECT * FROM S3Object WHERE _1 =', 'ParseExpectedExpression'],
  ['SELECT * FROM S3Object WHERE _1 = )', 'ParseUnexpectedToken'],
  ['SELECT * FROM S3Object WHERE (_1 = 1', 'ParseExpectedTokenType'],
  ['SELECT * FROM S3Object WHERE _1 NOT 3', 'ParseUnexpectedToken'],
  ['SELECT * FROM S3Object WHERE _1 IS 3', 'ParseExpectedKeyword'],
  ['SELECT * FROM S3Object WHERE _1 BETWEEN 1 OR 2', 'ParseExpectedKeyword'],
  ['SELECT * FROM S3Object WHERE _1 IN (1, 2', 'ParseExpectedRightParenBuiltinFunctionCall'],
  ['SELECT * FROM S3Object LIMIT', 'ParseExpectedNumber'],
  ['SELECT * FROM S3Object LIMIT -1', 'ParseExpectedNumber'],
  ['SELECT * FROM S3Object LIMIT 1.5', 'ParseExpectedNumber'],
  ['SELECT * FROM S3Object LIMIT 1 WHERE _1 = 1', 'ParseUnexpectedToken'],
  ['SELECT *, _1 FROM S3Object', 'ParseAsteriskIsNotAloneInSelectList'],
  ['SELECT _1, * FROM S3Object', 'ParseAsteriskIsNotAloneInSelectList'],
  ['SELECT s.*, s._1 FROM S3Object s', 'ParseAsteriskIsNotAloneInSelectList'],
  ['SELECT _1, FROM S3Object', 'ParseUnexpectedKeyword'],
  ['SELECT _1 AS FROM S3Object', 'ParseExpectedIdentForAlias'],
  ['SELECT _1. FROM S3Object', 'ParseSelectMissingFrom'],
  ['SELECT _1.(2) FROM S3Object', 'ParseInvalidPathComponent'],
  ['SELECT _1[ FROM S3Object', 'ParseInvalidPathComponent'],
  ['SELECT _1[-1] FROM S3Object', 'ParseInvalidPathComponent'],
  ['SELECT DISTINCT _1 FROM S3Object', 'UnsupportedSqlStructure'],
  ['SELECT _1 FROM S3Object GROUP BY _1', 'UnsupportedSqlStructure'],
  ['SELECT _1 FROM S3Object WHERE _1 = 1 ORDER BY _1', 'UnsupportedSqlStructure'],
  ['SELECT _1 FROM S3Object s, S3Object t', 'UnsupportedSqlStructure'],
  ['SELECT _1 FROM S3Object s JOIN S3Object t ON s._1 = t._1', 'UnsupportedSqlStructure'],
  ['SELECT _1, COUNT(*) FROM S3Object', 'UnsupportedSqlStructure'],
  ['SELECT COUNT(*) + _1 FROM S3Object', 'UnsupportedSqlStructure'],
  ['SELECT SUM(COUNT(*)) FROM S3Object', 'UnsupportedSqlStructure'],
  ['SELECT * FROM S3Object WHERE COUNT(*) > 1', 'UnsupportedSqlStructure'],
  ['SELECT SUM(*) FROM S3Object', 'ParseUnsupportedCallWithStar'],
  ['SELECT SUM() FROM S3Object', 'ParseNonUnaryAgregateFunctionCall'],
  ['SELECT MAX(_1, _2) FROM S3Object', 'ParseNonUnaryAgregateFunctionCall'],
  ['SELECT SQRT(_2) FROM S3Object', 'UnsupportedFunction'],
  ['SELECT LOWER() FROM S3Object', 'EvaluatorInvalidArguments'],
  ['SELECT UTCNOW(1) FROM S3Object', 'EvaluatorInvalidArguments'],
  ['SELECT NULLIF(_1) FROM S3Object', 'EvaluatorInvalidArguments'],
  ['SELECT SUBSTRING(_1) FROM S3Object', 'ParseExpectedArgumentDelimiter'],
  ['SELECT SUBSTRING(_1, 1, 2, 3) FROM S3Object', 'EvaluatorInvalidArguments'],
  ['SELECT TRIM(LEADING _1) FROM S3Object', 'ParseExpectedKeyword'],
  ['SELECT EXTRACT(CENTURY FROM _4) FROM S3Object', 'ParseExpectedDatePart'],
  ['SELECT DATE_ADD(week, 1, _4) FROM S3Object', 'ParseExpectedDatePart'],
  ['SELECT DATE_ADD(day 1, _4) FROM S3Object', 'ParseExpectedArgumentDelimiter'],
  ['SELECT CAST _1 AS INT FROM S3Object', 'ParseExpectedLeftParenAfterCast'],
  ['SELECT CAST(_1) FROM S3Object', 'ParseCastArity'],
  ['SELECT CAST(_1 AS BLOB) FROM S3Object', 'ParseExpectedTypeName'],
  ['SELECT CAST(_1 AS DECIMAL(x)) FROM S3Object', 'ParseInvalidTypeParam'],
  ['SELECT CASE END FROM S3Object', 'ParseUnexpectedKeyword'],
  ['SELECT CASE _1 ELSE 2 END FROM S3Object', 'ParseExpectedWhenClause'],
  ['SELECT CASE WHEN 1 = 1 THEN 2 FROM S3Object', 'ParseExpectedKeyword'],
  ['SELECT _1 ~ 2 FROM S3Object', 'LexerInvalidOperator'],
  ['SELECT _1 | 2 FROM S3Object', 'LexerInvalidOperator'],
  ['SELECT _1 ? 2 FROM S3Object', 'LexerInvalidChar'],
  ["SELECT 'abc FROM S3Object", 'LexerInvalidLiteral'],
  ['SELECT "abc FROM S3Object', 'LexerInvalidLiteral'],
  ['SELECT 12abc FROM S3Object', 'LexerInvalidLiteral'],
  ['SELECT `{a:1}` FROM S3Object', 'LexerInvalidIONLiteral'],
  ['SELECT `2024T FROM S3Object', 'LexerInvalidIONLiteral'],
])('%s: %s', async (sql, code) => {
  expect(await failureOf(csv, sql)).toBe(code)
})

test.each([
  ['SELECT CAST(_1 AS INT) FROM S3Object', 'CastFailed'],
  ['SELECT CAST(_1 AS FLOAT) FROM S3Object', 'CastFailed'],
  ['SELECT CAST(_1 AS TIMESTAMP) FROM S3Object', 'CastFailed'],
  ["SELECT CAST('maybe' AS BOOL) FROM S3Object", 'CastFailed'],
  ["SELECT CAST('2023-02-29' AS TIMESTAMP) FROM S3Object", 'CastFailed'],
  ["SELECT CAST('1e30' AS INT) FROM S3Object", 'IntegerOverflow'],
  ['SELECT _1 + 1 FROM S3Object', 'CastFailed'],
  ['SELECT -_1 FROM S3Object', 'CastFailed'],
  ['SELECT SUM(_1) FROM S3Object', 'CastFailed'],
  ['SELECT 9223372036854775807 + 1 FROM S3Object', 'IntegerOverflow'],
  ['SELECT _2 / 0 FROM S3Object', 'ExternalEvalException'],
  ['SELECT _2 % 0.0 FROM S3Object', 'ExternalEvalException'],
  ['SELECT 1e0 / 0 FROM S3Object', 'ExternalEvalException'],
  ['SELECT 1e308 * 10 FROM S3Object', 'ExternalEvalException'],
  ['SELECT * FROM S3Object WHERE _1', 'InvalidDataType'],
  ['SELECT * FROM S3Object WHERE 1 AND _3', 'InvalidDataType'],
  ['SELECT * FROM S3Object WHERE 1 LIKE _1', 'LikeInvalidInputs'],
  ["SELECT * FROM S3Object WHERE _1 LIKE 'a!b' ESCAPE '!'", 'LikeInvalidInputs'],
  ["SELECT * FROM S3Object WHERE _1 LIKE 'a!' ESCAPE '!'", 'LikeInvalidInputs'],
  ["SELECT * FROM S3Object WHERE _1 LIKE 'a' ESCAPE '!!'", 'LikeInvalidInputs'],
  ['SELECT LOWER(1) FROM S3Object', 'IncorrectSqlFunctionArgumentType'],
  ["SELECT SUBSTRING(_1, 'x') FROM S3Object", 'IncorrectSqlFunctionArgumentType'],
  ['SELECT SUBSTRING(_1, 1, -1) FROM S3Object', 'EvaluatorInvalidArguments'],
  ['SELECT EXTRACT(DAY FROM 5) FROM S3Object', 'IncorrectSqlFunctionArgumentType'],
  ["SELECT TO_TIMESTAMP('today') FROM S3Object", 'ValueParseFailure'],
  ['SELECT DATE_ADD(year, 9000, _4) FROM S3Object', 'EvaluatorInvalidArguments'],
  ['SELECT DATE_ADD(second, 9007199254740991, _4) FROM S3Object', 'EvaluatorInvalidArguments'],
  ["SELECT TO_STRING(_4, 'QQ') FROM S3Object", 'EvaluatorInvalidTimestampFormatPatternSymbol'],
  ["SELECT TO_STRING(_4, 'ddd') FROM S3Object", 'EvaluatorInvalidTimestampFormatPatternToken'],
  [
    "SELECT TO_STRING(_4, 'y ''x') FROM S3Object",
    'EvaluatorUnterminatedTimestampFormatPatternToken',
  ],
])('%s: %s', async (sql, code) => {
  expect(await failureOf(csv, sql)).toBe(code)
})

describe('limits of the query', () => {
  const where = (condition: string): string => `SELECT _1 FROM S3Object WHERE ${condition}`

  test('256 KiB pass, one byte more does not', async () => {
    const sql = where("_1 = 'a'")
    expect((await select(csv, sql + ' '.repeat(262_144 - sql.length))).text).toBe('a\n')
    expect(await failureOf(csv, sql + ' '.repeat(262_145 - sql.length))).toBe('ExpressionTooLong')
    expect(await failureOf(csv, sql + 'é'.repeat(131_072))).toBe('ExpressionTooLong')
  })

  test('depth and tokens are limited', async () => {
    const deep = (levels: number): string => `${'('.repeat(levels)}1 = 1${')'.repeat(levels)}`
    expect(await failureOf(csv, where(deep(50)))).toBe('none')
    expect(await failureOf(csv, where(deep(8000)))).toBe('UnsupportedSqlStructure')
    expect(await failureOf(csv, where(`${'NOT '.repeat(16_000)} 1 = 1`))).toBe(
      'UnsupportedSqlStructure',
    )
    expect(await failureOf(csv, where(`1 = ${'- '.repeat(16_000)} 1`))).toBe(
      'UnsupportedSqlStructure',
    )
    const long = Array.from({ length: 4000 }, () => "_1 = 'b'").join(' OR ')
    expect((await select(csv, where(long))).text).toBe('')
    const list = Array.from({ length: 8000 }, (_, at) => at).join(',')
    expect((await select(csv, `SELECT _1 FROM S3Object WHERE 7999 IN (${list})`)).text).toBe('a\n')
    const sum = Array.from({ length: 900 }, () => '1').join(' + ')
    expect((await select(csv, `SELECT ${sum} FROM S3Object`)).text).toBe('900\n')
    const chain = Array.from({ length: 8000 }, () => '1').join(' + ')
    expect(await failureOf(csv, `SELECT ${chain} FROM S3Object`)).toBe('UnsupportedSqlStructure')
    const equal = Array.from({ length: 8000 }, () => '1').join(' = ')
    expect(await failureOf(csv, where(equal))).toBe('UnsupportedSqlStructure')
    // SELECT, _1, FROM, S3Object, WHERE, the comparisons with OR between them, and the end.
    const tokens = (count: number): string => `${where('1 = 1')}${' OR 1 = 1'.repeat(count)}`
    expect(await failureOf(csv, tokens(4093))).toBe('none')
    expect(await failureOf(csv, tokens(4095))).toBe('ExpressionTooLong')
    expect(await failureOf(csv, `SELECT ${'(((['.repeat(60_000)}`)).toBe('ExpressionTooLong')
  })
})

describe('the request', () => {
  const good = requestOf({ sql: 'SELECT * FROM S3Object' })

  test.each([
    [{ expression: undefined }, 'MissingRequiredParameter'],
    [{ expressionType: undefined }, 'MissingRequiredParameter'],
    [{ inputSerialization: undefined }, 'MissingRequiredParameter'],
    [{ outputSerialization: undefined }, 'MissingRequiredParameter'],
    [{ expressionType: 'PARTIQL' }, 'InvalidExpressionType'],
    [{ inputSerialization: {} }, 'ObjectSerializationConflict'],
    [{ inputSerialization: { csv: {}, json: {} } }, 'ObjectSerializationConflict'],
    [{ outputSerialization: {} }, 'ObjectSerializationConflict'],
    [{ outputSerialization: { csv: {}, json: {} } }, 'ObjectSerializationConflict'],
    [{ inputSerialization: { csv: {}, compressionType: 'ZIP' } }, 'InvalidCompressionFormat'],
    [{ inputSerialization: { csv: {}, compressionType: 'BZIP2' } }, 'NotImplemented'],
    [{ inputSerialization: { parquet: {}, compressionType: 'GZIP' } }, 'InvalidRequestParameter'],
    [{ inputSerialization: { csv: { fileHeaderInfo: 'YES' } } }, 'InvalidFileHeaderInfo'],
    [{ inputSerialization: { json: { type: 'ROWS' } } }, 'InvalidJsonType'],
    [{ outputSerialization: { csv: { quoteFields: 'NEVER' } } }, 'InvalidQuoteFields'],
    [{ inputSerialization: { csv: { fieldDelimiter: '' } } }, 'InvalidRequestParameter'],
    [{ inputSerialization: { csv: { fieldDelimiter: '\n' } } }, 'InvalidRequestParameter'],
    [{ inputSerialization: { csv: { quoteCharacter: ',' } } }, 'InvalidRequestParameter'],
    [{ inputSerialization: { csv: { quoteCharacter: "''" } } }, 'InvalidRequestParameter'],
    [{ outputSerialization: { csv: { recordDelimiter: '' } } }, 'InvalidRequestParameter'],
  ])('%j: %s', async (change, code) => {
    const sql = 'SELECT * FROM S3Object'
    expect(await failureOf(csv, { sql, more: { ...good, ...change } })).toBe(code)
  })
})
