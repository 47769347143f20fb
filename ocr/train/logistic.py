"""What the fits of mark_weights.py and text_weights.py have in common."""
import math


def probability(weights, terms):
    """weights: bias first"""
    z = weights[0] + sum(w * t for w, t in zip(weights[1:], terms))
    return 1 / (1 + math.exp(-max(-40.0, min(40.0, z))))


def solve(matrix, vector):
    """Gauss and Jordan with pivots; for a Newton step."""
    n = len(vector)
    rows = [matrix[i][:] + [vector[i]] for i in range(n)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            if factor:
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[i])]
    out = [0.0] * n
    for i in reversed(range(n)):
        out[i] = (rows[i][n] - sum(rows[i][k] * out[k] for k in range(i + 1, n))) / rows[i][i]
    return out


def newton_step(samples, weights, ridge):
    """samples: (terms, share that is 1, how often); the ridge holds every weight but the bias."""
    n = len(weights)
    gradient = [0.0] * n
    hessian = [[0.0] * n for _ in range(n)]
    for terms, label, times in samples:
        x = [1.0, *terms]
        p = probability(weights, terms)
        slope, weight = times * (label - p), times * p * (1 - p)
        for i, xi in enumerate(x):
            if xi:
                gradient[i] += slope * xi
                row, wx = hessian[i], weight * xi
                for k in range(i + 1):
                    row[k] += wx * x[k]
    for i in range(n):
        for k in range(i):
            hessian[k][i] = hessian[i][k]
    for i in range(n):
        strength = ridge if i else 1e-4
        gradient[i] -= strength * weights[i]
        hessian[i][i] += strength
    return solve(hessian, gradient)
