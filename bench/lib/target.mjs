/**
 * What every contender is pointed at. The credentials open nothing: the server behind them checks
 * no signature.
 *
 * @typedef {object} Target
 * @property {string} endpoint  `http://127.0.0.1:PORT`
 * @property {string} accessKey
 * @property {string} secretKey
 * @property {string} region
 * @property {string} bucket
 */

/**
 * @param {number} port
 * @returns {Target}
 */
export function targetAt(port) {
  return {
    endpoint: `http://127.0.0.1:${port}`,
    accessKey: 'bench-access-key',
    secretKey: 'bench-secret-key',
    region: 'us-east-1',
    bucket: 'bench-bucket',
  }
}
